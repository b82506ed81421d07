using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Timing;

/// <summary>How often one entry may be fetched (agent-cache CACHE-20).</summary>
/// <param name="PerSecond">Fetches per second; null: no limit is configured.</param>
/// <param name="Burst">Fetches at once.</param>
public sealed record FetchLimits(double? PerSecond, int Burst)
{
    public static FetchLimits None { get; } = new(null, 2);
}

/// <summary>
/// A token bucket. A limited fetch waits, it does not fail. Without a configured limit it keeps a result that changes all the time, or a server
/// that does not hold its answers, from refreshing without bound: ten fetches at once, then ten per second.
/// </summary>
/// <param name="start">A timestamp of the clock.</param>
public struct RefreshPace(long start)
{
    [Limit("cache.fetch_burst_unlimited", "fetches of one entry", "waits for its turn")]
    private const int FreeBurst = 10;
    [Limit("cache.fetch_rate_unlimited", "fetches of one entry per second", "waits for its turn")]
    private const double FreePerSecond = 10;
    private double _tokens = double.PositiveInfinity;
    private long _filledAt = start;

    /// <summary>Takes one turn.</summary>
    /// <param name="limits">As they are now.</param>
    /// <param name="clock">Must be the same each time.</param>
    /// <returns>How long to wait before it may be used.</returns>
    public TimeSpan Take(FetchLimits limits, TimeProvider clock)
    {
        var (perSecond, burst) = limits.PerSecond is { } rate ? (rate, limits.Burst) : (FreePerSecond, FreeBurst);
        var now = clock.GetTimestamp();
        _tokens = Math.Min(burst, _tokens + (clock.GetElapsedTime(_filledAt, now).TotalSeconds * perSecond)) - 1;
        _filledAt = now;
        return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / perSecond);
    }
}
