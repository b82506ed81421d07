using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Caching;

/// <summary>What the engine gives to each of its entries.</summary>
/// <param name="Drop">Takes an entry out of the store.</param>
/// <param name="IsClosing">Whether the agent is shutting down: nothing is refreshed any more (CACHE-35).</param>
internal sealed record CacheContext(
    TimeProvider Clock, Random Random, CacheMetrics Metrics, ILogger Log, Action<CacheEntry> Drop, Func<bool> IsClosing);
