using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Authorization;

/// <summary>An intention as any Consul server writes it, newer fields included (intentions IXN-1).</summary>
internal sealed record ConsulIntention
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public string? Description { get; init; }

    [JsonPropertyName("SourceNS")]
    public string? SourceNamespace { get; init; }

    public required string SourceName { get; init; }

    [JsonPropertyName("DestinationNS")]
    public string? DestinationNamespace { get; init; }

    public required string DestinationName { get; init; }

    public string? SourcePeer { get; init; }

    public string? SourceType { get; init; }

    public string? Action { get; init; }

    public IReadOnlyList<IntentionPermission?>? Permissions { get; init; }

    [JsonConverter(typeof(SortedMapConverter))]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public string? Hash { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>
    /// Whether it can concern a peer of this mesh: one of a peered cluster or of a foreign namespace has the same names and means somebody else
    /// (SPIF-5).
    /// </summary>
    [JsonIgnore]
    public bool IsOurs => string.IsNullOrEmpty(SourcePeer) && IsOurNamespace(SourceNamespace) && IsOurNamespace(DestinationNamespace);

    public Intention ToIntention() => new()
    {
        Id = NullIfEmpty(Id),
        Description = NullIfEmpty(Description),
        SourceName = SourceName,
        DestinationName = DestinationName,
        SourceType = SourceType ?? "consul",
        Action = NullIfEmpty(Action),
        Permissions = Permissions is { Count: > 0 } permissions ? [.. permissions.Select(permission => permission!)] : null,
        Meta = Meta,
        Hash = NullIfEmpty(Hash),
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        CreateIndex = CreateIndex,
        ModifyIndex = ModifyIndex,
    };

    private static bool IsOurNamespace(string? name) => name is null or "" or "*" || name.Equals("default", StringComparison.OrdinalIgnoreCase);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
