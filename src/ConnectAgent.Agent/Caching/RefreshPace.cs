namespace ConnectAgent.Agent.Caching;

/// <summary>
/// Keeps a result that changes all the time, or a server that does not hold its answers, from refreshing without bound: ten fetches at
/// once, then ten per second (agent-cache CACHE-20).
/// </summary>
internal sealed class RefreshPace(TimeProvider clock)
{
    private const double Burst = 10;
    private const double PerSecond = 10;
    private double _tokens = Burst;
    private long _filledAt = clock.GetTimestamp();

    /// <summary>Takes one turn.</summary>
    /// <returns>How long to wait before it may be used.</returns>
    public TimeSpan Take()
    {
        var now = clock.GetTimestamp();
        _tokens = Math.Min(Burst, _tokens + (clock.GetElapsedTime(_filledAt, now).TotalSeconds * PerSecond)) - 1;
        _filledAt = now;
        return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / PerSecond);
    }
}
