using System.Text.Json.Serialization;

namespace ConnectAgent.Client.Servers;

/// <summary>What the transport itself reads of the servers' answers.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class ClientJson : JsonSerializerContext;
