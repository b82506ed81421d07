using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Leaves;

/// <summary>The JSON forms of answers of leaves, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(LeafCertificate))]
internal sealed partial class LeafJson : JsonSerializerContext;
