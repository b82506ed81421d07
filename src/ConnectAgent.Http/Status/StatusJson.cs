using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Status;

/// <summary>The JSON forms of answers of the consensus, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(RaftReply))]
internal sealed partial class StatusJson : JsonSerializerContext;
