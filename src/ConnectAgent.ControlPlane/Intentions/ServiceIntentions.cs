using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>An entry as <c>/v1/config</c> shows it (CE-1, CE-2; fields in output order).</summary>
internal sealed record ServiceIntentions
{
    public string Kind { get; init; } = ServiceIntentionsKind.KindName;

    public string Name { get; init; } = string.Empty;

    /// <summary>Null only in a document that has none.</summary>
    public IReadOnlyList<ServiceIntentionsSource>? Sources { get; init; }

    [JsonPropertyName("JWT")]
    public JwtRequirement? Jwt { get; init; }

    [JsonConverter(typeof(SortedMapConverter))]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    public static ServiceIntentions Of(IntentionEntry entry) => new()
    {
        Name = entry.Name,
        Sources = [.. entry.Sources.Select(source => ServiceIntentionsSource.Of(source, entry.Name))],
        Jwt = entry.Jwt,
        Meta = entry.Meta,
        CreateIndex = entry.CreateIndex,
        ModifyIndex = entry.ModifyIndex,
    };

    public IntentionEntry ToEntry() =>
        new(Name, [.. (Sources ?? []).Select(source => source.ToSource())], IntentionMeta.Stored(Meta), 0, 0) { Jwt = Jwt };
}

/// <summary>One source of it.</summary>
internal sealed record ServiceIntentionsSource
{
    public string Name { get; init; } = string.Empty;

    public string? Action { get; init; }

    public IReadOnlyList<IntentionPermission>? Permissions { get; init; }

    public int Precedence { get; init; }

    [JsonPropertyName("LegacyID")]
    public string? LegacyId { get; init; }

    public string? Type { get; init; }

    public string? Description { get; init; }

    [JsonConverter(typeof(SortedMapConverter))]
    public IReadOnlyDictionary<string, string>? LegacyMeta { get; init; }

    public DateTimeOffset? LegacyCreateTime { get; init; }

    public DateTimeOffset? LegacyUpdateTime { get; init; }

    public string? Peer { get; init; }

    public string? SamenessGroup { get; init; }

    public static ServiceIntentionsSource Of(IntentionSource source, string destination) => new()
    {
        Name = source.Name,
        Action = source.Action,
        Permissions = source.Permissions,
        Precedence = IntentionPrecedence.Of(source.Name, destination),
        LegacyId = source.LegacyId,
        Type = source.Type,
        Description = source.Description,
        LegacyMeta = source.LegacyMeta,
        LegacyCreateTime = source.LegacyCreateTime,
        LegacyUpdateTime = source.LegacyUpdateTime,
        Peer = source.Peer,
    };

    public IntentionSource ToSource() => new(Name)
    {
        Action = Action,
        Permissions = Permissions,
        Type = Type ?? "consul",
        Description = Description,
        LegacyMeta = IntentionMeta.Stored(LegacyMeta),
        Peer = Peer,
        SamenessGroup = SamenessGroup,
    };
}

/// <summary>The wire form of entries, generated at build time.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(ServiceIntentions))]
internal sealed partial class IntentionJson : JsonSerializerContext;
