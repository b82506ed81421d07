using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Revocation;

/// <summary>The JSON forms of answers of revocations, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(RevocationList))]
[JsonSerializable(typeof(RevocationEntry))]
internal sealed partial class RevocationJson : JsonSerializerContext;
