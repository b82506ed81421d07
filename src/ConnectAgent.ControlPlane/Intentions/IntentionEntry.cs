using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>A <c>service-intentions</c> config entry: all sources of one destination (intentions section 3). Immutable.</summary>
/// <param name="Name">The destination as first written (IXN-5).</param>
/// <param name="Sources">By descending precedence, else in the order given (CE-5).</param>
/// <param name="Meta">The entry's own; null when empty.</param>
internal sealed record IntentionEntry(
    string Name,
    ImmutableArray<IntentionSource> Sources,
    IReadOnlyDictionary<string, string>? Meta,
    ulong CreateIndex,
    ulong ModifyIndex) : IConfigEntry
{
    // With a wildcard entry much larger than this one, keeping the match of each destination would cost far more than the entries.
    private const int SmallWildcard = 64;

    private IReadOnlyList<Intention>? _intentions;
    private Protection? _protection;

    // The views are made from the members, so a changed copy starts without them.
    private IntentionEntry(IntentionEntry other) => (Name, Sources, Meta, Jwt, CreateIndex, ModifyIndex) =
        (other.Name, other.Sources, other.Meta, other.Jwt, other.CreateIndex, other.ModifyIndex);

    /// <summary>Kept and shown (CE-1); null for none.</summary>
    public JwtRequirement? Jwt { get; init; }

    string IConfigEntry.Kind => ServiceIntentionsKind.KindName;

    /// <summary>Whether it was written by ID only (CE-7): then every source has an ID, else none.</summary>
    [JsonIgnore]
    public bool IsLegacy => Sources.Length > 0 && Sources[0].LegacyId is not null;

    /// <summary>The API's view: one intention for each source (IXN-1, CE-6).</summary>
    [JsonIgnore]
    public IReadOnlyList<Intention> Intentions => _intentions ??= Sources.Select(View).ToArray();

    /// <summary>The key that destinations are looked up by: ASCII letters without case (IXN-5).</summary>
    public static string KeyOf(string name) => NameKey.Of(name);

    /// <summary>One of our own sources; the same name at a peer is another (CE-10 no. 12).</summary>
    public IntentionSource? Find(string source) => IndexOf(source) is var at and >= 0 ? Sources[at] : null;

    /// <summary>Where one of our own sources is; -1 for nowhere.</summary>
    public int IndexOf(string source)
    {
        for (var i = 0; i < Sources.Length; i++)
        {
            if (Sources[i].Peer is null && Sources[i].Name == source)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>What protects the destination of <paramref name="exact"/>: its intentions and those of the wildcard, in PREC-2 order.</summary>
    public static IntentionMatch Protecting(IntentionEntry? exact, IntentionEntry? wildcard)
    {
        if (exact is null)
        {
            return wildcard is null ? IntentionMatch.None : Protecting(wildcard, null);
        }

        if (exact._protection is { } known && ReferenceEquals(known.Wildcard, wildcard))
        {
            return known.Match;
        }

        Intention[] sorted = [.. exact.Intentions, .. wildcard?.Intentions ?? []];
        Array.Sort(sorted, IntentionPrecedence.Order);
        var match = IntentionMatch.ForDestination(sorted);
        if (wildcard is null || wildcard.Sources.Length <= Math.Max(SmallWildcard, exact.Sources.Length))
        {
            exact._protection = new Protection(wildcard, match);
        }

        return match;
    }

    // CE-6: the meta of an ID based intention is its own.
    private Intention View(IntentionSource source)
    {
        var intention = new Intention
        {
            CreatedAt = source.LegacyCreateTime,
            UpdatedAt = source.LegacyUpdateTime,
            Id = source.LegacyId,
            SourceName = source.Name,
            DestinationName = Name,
            SourcePeer = source.Peer,
            SourceType = source.Type,
            Action = source.Action,
            Permissions = source.Permissions,
            Jwt = Jwt,
            Description = source.Description,
            Meta = source.LegacyId is null ? Meta : source.LegacyMeta,
            CreateIndex = CreateIndex,
            ModifyIndex = ModifyIndex,
        };
        return source.LegacyId is null ? intention : intention with { Hash = IntentionHash.Of(intention) };
    }

    private sealed record Protection(IntentionEntry? Wildcard, IntentionMatch Match);
}

/// <summary>One source of an entry (CE-2).</summary>
internal sealed record IntentionSource(string Name)
{
    public string? Action { get; init; }

    public IReadOnlyList<IntentionPermission>? Permissions { get; init; }

    public string Type { get; init; } = "consul";

    public string? Description { get; init; }

    /// <summary>Set on every source of an entry that was written by ID only, as are the two times (CE-7).</summary>
    public string? LegacyId { get; init; }

    /// <summary>The intention's own meta (CE-6); null when empty.</summary>
    public IReadOnlyDictionary<string, string>? LegacyMeta { get; init; }

    public DateTimeOffset? LegacyCreateTime { get; init; }

    public DateTimeOffset? LegacyUpdateTime { get; init; }

    /// <summary>Null for one of our own services.</summary>
    public string? Peer { get; init; }

    /// <summary>Only so that it can be refused (CE-10 no. 6.2).</summary>
    [JsonIgnore]
    public string? SamenessGroup { get; init; }
}
