using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Intentions;

/// <summary>The JSON forms of answers of intentions, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(IntentionIdReply))]
[JsonSerializable(typeof(CheckReply))]
[JsonSerializable(typeof(Intention))]
[JsonSerializable(typeof(IReadOnlyList<Intention>))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<Intention>?>))]
internal sealed partial class IntentionJson : JsonSerializerContext;

/// <summary>The ID of the intention that was written (intentions CRUD-1, CRUD-11).</summary>
internal sealed record IntentionIdReply([property: JsonPropertyName("ID")] string Id);

/// <summary>Whether the source may connect to the destination (intentions ICHK-1).</summary>
internal sealed record CheckReply(bool Allowed);
