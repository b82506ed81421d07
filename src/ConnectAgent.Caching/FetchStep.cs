using System.Diagnostics;
using ConnectAgent.Protocol.Telemetry;

namespace ConnectAgent.Caching;

/// <summary>A fetch as it is measured and traced. One that a server may hold is neither: how long it lasts says how rarely its value changes.</summary>
internal readonly struct FetchStep
{
    private readonly Activity? _activity;

    // 0: it is not measured.
    private readonly long _start;

    private FetchStep(string kind)
    {
        _start = Stopwatch.GetTimestamp();
        _activity = AgentTrace.Start("cache.fetch")?.SetTag("connect_agent.cache.kind", kind);
    }

    /// <summary>The fetch begins.</summary>
    /// <param name="kind">The cache type.</param>
    /// <param name="index">Of the value that is there; 0 asks for an answer at once.</param>
    public static FetchStep Begin(string kind, ulong index) => index == 0 ? new FetchStep(kind) : default;

    /// <summary>It has ended.</summary>
    /// <param name="metrics">Hear how long it took.</param>
    /// <param name="error">Null when it brought something.</param>
    public void End(CacheMetrics metrics, Exception? error)
    {
        if (_start != 0)
        {
            metrics.Durations.RecordSince(_start);
        }

        if (error is not null)
        {
            _activity.Failed(error);
        }

        _activity?.Dispose();

        // The loop goes on in the context of the reader that began it, whose own step is over by the next fetch.
        Activity.Current = null;
    }
}
