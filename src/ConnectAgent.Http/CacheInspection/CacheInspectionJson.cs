using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.CacheInspection;

/// <summary>The JSON forms of answers of the cache's entries, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(IReadOnlyList<CacheEntryReply>))]
[JsonSerializable(typeof(CacheSummaryReply))]
internal sealed partial class CacheInspectionJson : JsonSerializerContext;
