using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Roots;

/// <summary>The JSON forms of answers of roots, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(CaRoots))]
internal sealed partial class RootsJson : JsonSerializerContext;
