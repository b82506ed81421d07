using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace ConnectAgent.Agent.Caching;

/// <summary>The window into the cache. Looking touches nothing: neither an entry's idle life nor its refresh.</summary>
internal sealed class CacheInspector(AgentCache cache, IOptions<CacheOptions> options, TimeProvider clock)
{
    private const int IdOctets = 8;
    private const int TokenOctets = 4;
    private readonly byte[] _salt = RandomNumberGenerator.GetBytes(32);
    private readonly long _start = clock.GetTimestamp();

    /// <summary>Every live entry, by kind and key.</summary>
    public IReadOnlyList<CacheEntryView> Entries() =>
        [.. cache.Entries.Select(View).OrderBy(view => view.Kind, StringComparer.Ordinal).ThenBy(view => view.Key, StringComparer.Ordinal)
            .ThenBy(view => view.Id, StringComparer.Ordinal)];

    /// <summary>The cache in numbers.</summary>
    public CacheSummary Summary()
    {
        var views = Entries();
        var seconds = Math.Max(1, clock.GetElapsedTime(_start).TotalSeconds);
        return new CacheSummary(
            views.Count,
            views.Sum(view => view.SizeBytes),
            views.Sum(view => view.Waiters),
            CountBy(views, view => view.Kind),
            CountBy(views, view => view.State),
            options.Value.MaxEntries,
            options.Value.MaxEntriesPerToken,
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

    private static SortedDictionary<string, int> CountBy(IEnumerable<CacheEntryView> views, Func<CacheEntryView, string> by) =>
        new(views.GroupBy(by).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal), StringComparer.Ordinal);

    private CacheEntryView View(CacheEntry entry)
    {
        var facts = entry.Facts();
        var lastRead = clock.GetUtcNow() - clock.GetElapsedTime(entry.LastReadAt);
        return new CacheEntryView(
            IdOf(entry.Key),
            entry.Key.Kind,
            entry.Key.Request,
            entry.Key.Datacenter,
            entry.Key.Token.Length == 0 ? string.Empty : Hash("token\0" + entry.Key.Token, TokenOctets),
            facts.State,
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
            facts.Size,
            facts.Leaf);
    }

    private string IdOf(CacheKey key) => Hash(
        string.Create(CultureInfo.InvariantCulture, $"key\0{key.Kind}\0{key.Datacenter}\0{key.Token.Length}\0{key.Token}\0{key.Request}"), IdOctets);

    private string Hash(string text, int octets) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_salt, Encoding.UTF8.GetBytes(text)).AsSpan(0, octets));
}

/// <summary>What an entry tells of itself.</summary>
internal sealed record EntryFacts(string State, ulong Index, TimeSpan Age, string? Error, long Size, LeafView? Leaf);
