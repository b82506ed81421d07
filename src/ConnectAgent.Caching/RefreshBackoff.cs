using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Caching;

/// <summary>How long a refresh loop waits (agent-cache CACHE-22).</summary>
internal static class RefreshBackoff
{
    /// <summary>So many failures in a row bring no pause.</summary>
    public const int Free = 3;

    [Limit("cache.retry", "s", "the pause grows no further; up to as much again is added at random")]
    private static readonly TimeSpan Ceiling = TimeSpan.FromSeconds(60);

    /// <summary>Whether so many failures are an outage, not a hiccup: attempts are paced from here on.</summary>
    public static bool IsPausing(int failures) => failures > Free;

    /// <summary>The pause after the n-th failure in a row: none for the first three, then 2 to 4 s, doubling up to 60 to 120 s.</summary>
    /// <param name="failures">Consecutive failures, zero indexes included (CACHE-17).</param>
    /// <param name="random">From 0 to below 1.</param>
    public static TimeSpan Pause(int failures, double random)
    {
        if (!IsPausing(failures))
        {
            return TimeSpan.Zero;
        }

        var doubled = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures - Free, 10)));
        var floor = doubled < Ceiling ? doubled : Ceiling;
        return floor + (floor * random);
    }
}
