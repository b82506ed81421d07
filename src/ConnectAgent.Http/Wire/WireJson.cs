using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Wire;

/// <summary>The JSON forms of answers that have no resource of their own, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
internal sealed partial class WireJson : JsonSerializerContext;
