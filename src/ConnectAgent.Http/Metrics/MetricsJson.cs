using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Metrics;

/// <summary>The JSON forms of answers of the metrics, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(MetricsReply))]
internal sealed partial class MetricsJson : JsonSerializerContext;
