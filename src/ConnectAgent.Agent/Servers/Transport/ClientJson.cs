using System.Text.Json.Serialization;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>What the transport itself reads of the servers' answers.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class ClientJson : JsonSerializerContext;
