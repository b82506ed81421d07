using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Options;

namespace ConnectAgent.Caching.Inspection;

/// <summary>What operators may see of the cache. Looking touches nothing: neither an entry's idle life nor its refresh.</summary>
internal sealed class CacheInspector(AgentCache cache, IOptions<CacheOptions> options, TimeProvider clock)
{
    /// <summary>Entries of one answer.</summary>
    [Limit("cache.inspected_entries", "entries", "the answer ends, and `offset` asks for the rest")]
    public const int MostShown = 1_000;

    /// <summary>Of a key that is shown.</summary>
    [Limit("cache.inspected_key", "characters", "cut")]
    public const int LongestShownKey = 512;

    private const int IdOctets = 8;
    private const int TokenOctets = 4;
    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(32);
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Live entries, by kind and key.</summary>
    /// <param name="kind">Only of this kind; empty: of all.</param>
    /// <param name="matches">Only those.</param>
    /// <param name="offset">How many of them to leave out.</param>
    /// <param name="hasMore">Whether there are more than <see cref="MostShown"/> behind that.</param>
    public IReadOnlyList<CacheEntryView> Entries(string kind, Func<CacheEntryView, bool> matches, int offset, out bool hasMore)
    {
        List<CacheEntryView> views = cache.Entries.Where(entry => kind.Length == 0 || entry.Key.Kind == kind)
            .OrderBy(entry => entry.Key.Kind, StringComparer.Ordinal).ThenBy(entry => entry.Key.Request, StringComparer.Ordinal)
            .ThenBy(entry => entry.Key.Token, StringComparer.Ordinal).ThenBy(entry => entry.Key.Datacenter, StringComparer.Ordinal)
            .Select(View).Where(matches).Skip(offset).Take(MostShown + 1).ToList();
        hasMore = views.Count > MostShown;
        return hasMore ? views[..MostShown] : views;
    }

    /// <summary>The cache in numbers.</summary>
    public CacheSummary Summary()
    {
        var entries = cache.Entries;
        var seconds = Math.Max(1, clock.GetElapsedTime(_start).TotalSeconds);
        return new CacheSummary(
            entries.Count,
            cache.Bytes,
            entries.Sum(entry => entry.Waiters),
            CountBy(entries, entry => entry.Key.Kind),
            CountBy(entries, entry => entry.State),
            options.Value.MaxEntries,
            options.Value.MaxEntriesPerToken,
            options.Value.MaxBytes,
            options.Value.MaxBytesPerToken,
            cache.Fetches,
            cache.Errors,
            Math.Round(cache.Fetches / seconds, 3),
            Math.Round(cache.Errors / seconds, 3));
    }

    /// <summary>Drops an entry: its loop ends, its readers start over.</summary>
    /// <returns>False when there is none of that id.</returns>
    public bool Drop(string id)
    {
        var entry = cache.Entries.FirstOrDefault(candidate => IdOf(candidate.Key) == id);
        return entry is not null && cache.Drop(entry);
    }

    private static SortedDictionary<string, int> CountBy(IEnumerable<CacheEntry> entries, Func<CacheEntry, string> by) =>
        new(entries.CountBy(by, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);

    private CacheEntryView View(CacheEntry entry)
    {
        var facts = entry.Facts();
        var lastRead = clock.GetUtcNow() - clock.GetElapsedTime(entry.LastReadAt);
        return new CacheEntryView(
            IdOf(entry.Key),
            entry.Key.Kind,
            entry.Key.Request.Length <= LongestShownKey ? entry.Key.Request : string.Concat(entry.Key.Request.AsSpan(0, LongestShownKey), "…"),
            entry.Key.Datacenter,
            entry.Key.Token.Length == 0 ? string.Empty : Hash("token\0" + entry.Key.Token, TokenOctets),
            entry.State,
            facts.Index,
            (long)facts.Age.TotalSeconds,
            lastRead,
            lastRead + CacheOptions.IdleLife,
            entry.Reads.Hits,
            entry.Reads.Misses,
            entry.Waiters,
            entry.Fetches.Count,
            facts.Error is { } error && entry.Fetches.LastErrorAt is { } at
                ? new CacheErrorView(error, at, entry.Fetches.NextAttemptAt)
                : null,
            entry.Weight,
            facts.Detail);
    }

    private string IdOf(CacheKey key) => Hash("key\0" + key.Identity, IdOctets);

    private string Hash(string text, int octets) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_salt, Encoding.UTF8.GetBytes(text)).AsSpan(0, octets));
}
