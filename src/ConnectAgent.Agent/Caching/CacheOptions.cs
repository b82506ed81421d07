using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Caching;

/// <summary>Bounds of the agent cache.</summary>
internal sealed class CacheOptions
{
    /// <summary>How long an entry lives after the last read (agent-cache CACHE-1, CACHE-31).</summary>
    [Limit("cache.idle_life", "s", "the entry goes")]
    public static readonly TimeSpan IdleLife = TimeSpan.FromHours(72);

    /// <summary>How often idle entries are swept: the store evicts only when it is touched.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long a reader waits for the very first value, whatever its own wait says (CACHE-14).</summary>
    [Limit("cache.first_value", "s", "the read fails")]
    public static readonly TimeSpan FirstValueWait = TimeSpan.FromSeconds(10);

    /// <summary>Entries in all (CACHE-30).</summary>
    [Limit("cache.entries", "entries", "the least recently read goes; refused with 429 when all are waited on", Key = "connect_agent.cache_max_entries", Refuses = true)]
    public int MaxEntries { get; set; } = 10_000;

    /// <summary>Entries per token (CACHE-30).</summary>
    [Limit("cache.entries_per_token", "entries", "refused: 429", Key = "connect_agent.cache_max_entries_per_token", Refuses = true)]
    public int MaxEntriesPerToken { get; set; } = 2_000;

    /// <summary><c>cache.entry_fetch_rate</c> and <c>cache.entry_fetch_max_burst</c> (CACHE-20).</summary>
    public FetchLimits FetchLimits { get; set; } = FetchLimits.None;
}
