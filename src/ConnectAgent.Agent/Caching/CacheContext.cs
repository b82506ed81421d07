using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Caching;

/// <summary>What the engine gives to each of its entries.</summary>
internal sealed record CacheContext(TimeProvider Clock, Random Random, CacheMetrics Metrics, ILogger Log, Action<CacheEntry> Drop);
