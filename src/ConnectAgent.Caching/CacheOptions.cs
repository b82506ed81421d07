using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Caching;

/// <summary>Bounds of the agent cache.</summary>
internal sealed class CacheOptions
{
    /// <summary>The longest key, in bytes of its texts: token, datacenter and what is asked. Whoever takes requests bounds them more tightly.</summary>
    [Limit("cache.key", "bytes", "refused: 400", Refuses = true)]
    public const int LongestKey = 64 * 1024;

    /// <summary>How long an entry lives after the last read (agent-cache CACHE-1, CACHE-31).</summary>
    [Limit("cache.idle_life", "s", "the entry is removed")]
    public static readonly TimeSpan IdleLife = TimeSpan.FromHours(72);

    /// <summary>How often idle entries are swept: the store evicts only when it is touched.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long a reader waits for the very first value, whatever its own wait says (CACHE-14).</summary>
    [Limit("cache.first_value", "s", "the read fails")]
    public static readonly TimeSpan FirstValueWait = TimeSpan.FromSeconds(10);

    /// <summary>Entries in all (CACHE-30).</summary>
    [Limit("cache.entries", "entries", CacheBudget.Beyond, Key = "connect_agent.cache_max_entries", Refuses = true)]
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>Entries per token (CACHE-30).</summary>
    [Limit("cache.entries_per_token", "entries", CacheBudget.Beyond, Key = "connect_agent.cache_max_entries_per_token", Refuses = true)]
    public int MaxEntriesPerToken { get; set; } = 2_000;

    /// <summary>Bytes of all entries: their keys, tokens and values, and what each needs beside them.</summary>
    [Limit("cache.bytes", "bytes", CacheBudget.Beyond, Key = "connect_agent.cache_max_bytes", Refuses = true)]
    public long MaxBytes { get; set; } = 96L << 20;

    /// <summary>Bytes of the entries of one token.</summary>
    [Limit("cache.bytes_per_token", "bytes", CacheBudget.Beyond, Key = "connect_agent.cache_max_bytes_per_token", Refuses = true)]
    public long MaxBytesPerToken { get; set; } = 32L << 20;

    /// <summary>Bytes of the entries that carry nothing.</summary>
    [Limit("cache.empty_bytes", "bytes", "the least recently read of them is evicted")]
    public long MaxEmptyBytes { get; set; } = 12L << 20;

    /// <summary><c>cache.entry_fetch_rate</c> and <c>cache.entry_fetch_max_burst</c> (CACHE-20).</summary>
    public FetchLimits FetchLimits { get; set; } = FetchLimits.None;
}
