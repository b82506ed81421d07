using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Caching;

/// <summary>How a reader reads (agent-cache CACHE-6).</summary>
/// <param name="Query">Whether to answer only with a greater index, and how long to hold (CACHE-11).</param>
/// <param name="MaxAge">For kinds that do not refresh: an older value is fetched anew. Null or 0: any age.</param>
/// <param name="MustRevalidate">For kinds that do not refresh: fetch unless a fetch is in flight (CACHE-7).</param>
/// <param name="StaleIfError">After a forced fetch failed: the old value still serves if it is younger (CACHE-41). Null: never.</param>
internal readonly record struct CacheRead(
    BlockingQuery Query = default, TimeSpan? MaxAge = null, bool MustRevalidate = false, TimeSpan? StaleIfError = null)
{
    private static readonly TimeSpan DefaultBlock = TimeSpan.FromSeconds(300);
    [Limit("cache.wait", "s", "the read answers what there is")]
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(600);

    /// <summary>CACHE-11: exactly <c>wait</c>; missing is 300 s when blocking and 600 s else, and 600 s is the cap.</summary>
    public TimeSpan Limit => Query.LimitedWait(Query.Blocks ? DefaultBlock : Longest, Longest);
}

/// <summary>What a reader gets.</summary>
/// <param name="Value">Shared and immutable.</param>
/// <param name="Index">At least 1.</param>
/// <param name="Hit">Whether the first look satisfied (CACHE-39).</param>
/// <param name="Age">Since the value was last known good (CACHE-27).</param>
/// <param name="InContact">False while the refresh fails (CACHE-28).</param>
internal readonly record struct CacheAnswer<TValue>(TValue Value, ulong Index, bool Hit, TimeSpan Age, bool InContact);
