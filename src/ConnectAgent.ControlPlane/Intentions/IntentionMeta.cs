using System.Collections.Immutable;
using System.Text;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Meta of entries and of ID based intentions.</summary>
internal static class IntentionMeta
{
    [Limit("intentions.meta_keys", "keys", "refused", Refuses = true)]
    private const int MostKeys = 64;
    [Limit("intentions.meta_key", "bytes", "refused", Refuses = true)]
    private const int LongestKey = 128;
    [Limit("intentions.meta_value", "bytes", "refused", Refuses = true)]
    private const int LongestValue = 512;

    /// <summary>The form that is stored: sorted, so that equal maps are written alike; null for an empty one.</summary>
    public static IReadOnlyDictionary<string, string>? Stored(IReadOnlyDictionary<string, string>? meta) =>
        meta is { Count: > 0 } ? meta.ToImmutableSortedDictionary(StringComparer.Ordinal) : null;

    /// <summary>CE-10 no. 4, CRUD-3; lengths in bytes.</summary>
    public static IEnumerable<string> ErrorsOf(IReadOnlyDictionary<string, string>? meta)
    {
        meta ??= ImmutableSortedDictionary<string, string>.Empty;
        if (meta.Count > MostKeys)
        {
            yield return $"Meta exceeds maximum element count {MostKeys}";
        }

        foreach (var (key, value) in meta)
        {
            if (Encoding.UTF8.GetByteCount(key) > LongestKey)
            {
                yield return $"Meta key {GoQuote.Of(key)} exceeds maximum length {LongestKey}";
            }

            if (Encoding.UTF8.GetByteCount(value) > LongestValue)
            {
                yield return $"Meta value for key {GoQuote.Of(key)} exceeds maximum length {LongestValue}";
            }
        }
    }

    public static bool AreSame(IReadOnlyDictionary<string, string>? a, IReadOnlyDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0)
        && (a is null || a.All(pair => b!.TryGetValue(pair.Key, out var value) && value == pair.Value));
}
