using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.ConfigEntries;

/// <summary>The JSON forms of answers of config entries, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class ConfigEntryJson : JsonSerializerContext;
