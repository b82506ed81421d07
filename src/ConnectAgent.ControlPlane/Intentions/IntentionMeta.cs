using System.Collections.Immutable;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>How meta of entries and of ID based intentions is kept.</summary>
internal static class IntentionMeta
{
    /// <summary>The form that is stored: sorted, so that equal maps are written alike; null for an empty one.</summary>
    public static IReadOnlyDictionary<string, string>? Stored(IReadOnlyDictionary<string, string>? meta) =>
        meta is { Count: > 0 } ? meta.ToImmutableSortedDictionary(StringComparer.Ordinal) : null;

    public static bool AreSame(IReadOnlyDictionary<string, string>? a, IReadOnlyDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0)
        && (a is null || a.All(pair => b!.TryGetValue(pair.Key, out var value) && value == pair.Value));
}
