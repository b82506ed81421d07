using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching;

/// <summary>What the engine gives to each of its entries.</summary>
/// <param name="Drop">Takes an entry out of the store.</param>
/// <param name="IsClosing">Whether the agent is shutting down: nothing is refreshed any more (CACHE-35).</param>
internal sealed record CacheContext(
    TimeProvider Clock, Random Random, CacheMetrics Metrics, IContactSignal Contact, ILogger Log, Action<CacheEntry> Drop, Func<bool> IsClosing)
{
    private long _fetches;
    private long _errors;

    /// <summary>The limits of fetches as they are now: a reload changes those of existing entries, too (CACHE-20).</summary>
    public required Func<FetchLimits> Limits { get; init; }

    /// <summary>Wakes who watches the cache itself.</summary>
    public required Action Changed { get; init; }

    /// <summary>Told of each new value, and of each that went while its entry stays.</summary>
    public required Action<CacheEntry> Stored { get; init; }

    /// <summary>Asked before an entry gets a value of so many bytes: why it cannot be held, or null.</summary>
    public required Func<CacheEntry, long, ServerException?> Weigh { get; init; }

    /// <summary>Told when what an entry carries may be another than before.</summary>
    public required Action<CacheEntry> Settled { get; init; }

    /// <summary>Told of each feed that ends.</summary>
    public required Action<CacheKey, object> Ended { get; init; }

    public long Fetches => Volatile.Read(ref _fetches);

    public long Errors => Volatile.Read(ref _errors);

    public void Count(bool failed)
    {
        if (failed)
        {
            Interlocked.Increment(ref _errors);
        }
        else
        {
            Interlocked.Increment(ref _fetches);
        }
    }
}
