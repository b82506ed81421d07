using System.Text.Json.Serialization;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>
/// A stored question for instances of a service (services PQ-2). Immutable. A list or map that was not given is null, and one that was given empty is empty:
/// clients compare what they read with what they wrote. Names of members are part of the format on disk.
/// </summary>
internal sealed record PreparedQuery
{
    /// <summary>A UUID; empty before it is stored.</summary>
    public string Id { get; init; } = string.Empty;

    /// <summary>Found without regard to ASCII letter case; of a template what names begin with.</summary>
    public string Name { get; init; } = string.Empty;

    public string Session { get; init; } = string.Empty;

    /// <summary>Runs the query instead of the caller's (PQ-7). Never logged.</summary>
    public string Token { get; init; } = string.Empty;

    public QueryTemplate Template { get; init; } = QueryTemplate.None;

    public QueriedService Service { get; init; } = QueriedService.None;

    /// <summary>A duration as text, or empty.</summary>
    public string DnsTtl { get; init; } = string.Empty;

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    [JsonIgnore]
    public bool IsTemplate => Template.Type.Length > 0;

    /// <summary>What rights to the query are about; null for one that whoever has its ID may use (PQ-10).</summary>
    [JsonIgnore]
    public string? AccessName => Name.Length > 0 || IsTemplate ? Name : null;
}

/// <summary>Makes one query stand for all names that begin with its own (PQ-8).</summary>
/// <param name="Type">Empty for none.</param>
/// <param name="Regexp">Takes the name apart; empty for none.</param>
/// <param name="RemoveEmptyTags">Whether tags that came out empty are left out.</param>
internal sealed record QueryTemplate(string Type, string Regexp, bool RemoveEmptyTags)
{
    /// <summary>The only type.</summary>
    public const string NamePrefix = "name_prefix_match";

    public static QueryTemplate None { get; } = new(string.Empty, string.Empty, RemoveEmptyTags: false);
}

/// <summary>Which instances, and where (PQ-5, PQ-6).</summary>
internal sealed record QueriedService
{
    public static QueriedService None { get; } = new();

    public string Service { get; init; } = string.Empty;

    /// <summary>How many of the nearest other datacenters are asked.</summary>
    public int NearestN { get; init; }

    public IReadOnlyList<string>? Datacenters { get; init; }

    public bool OnlyPassing { get; init; }

    public IReadOnlyList<string>? IgnoreCheckIds { get; init; }

    public string Near { get; init; } = string.Empty;

    /// <summary>All must be there; one that begins with <c>!</c> must not.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    public IReadOnlyDictionary<string, string>? NodeMeta { get; init; }

    public IReadOnlyDictionary<string, string>? ServiceMeta { get; init; }

    public bool Connect { get; init; }
}
