using ConnectAgent.Agent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Telemetry;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Tries the hits before a request is taken apart. What the dispatcher checks for every request either cannot fail for the targets taken here, or
/// closes the lane.
/// </summary>
internal sealed class HitLane
{
    private readonly (IHit Hit, HttpMetrics.Counter Answered, Histogram<double>? Durations)[] _hits;
    private readonly ILogger<HitLane> _logger;

    public HitLane(
        IEnumerable<IHit> hits, AgentIdentity agent, WireOptions options, HttpMetrics metrics, ILogger<HitLane> logger)
    {
        _logger = logger;
        var isOpen = agent.ConnectEnabled
            && options.BlockedPaths.Count == 0
            && options.Writers.Count == 0
            && !options.AlwaysPretty;
        _hits = isOpen ? [.. hits.Select(hit => (hit, metrics.CounterOf(hit.Route, hit.Method, StatusCodes.Status200OK), metrics.DurationsOf(hit.Route)))] : [];
    }

    /// <summary>Answers a request that is one of the hits.</summary>
    /// <returns>False when the dispatcher has to go on with it.</returns>
    public bool TryAnswer(HttpContext context, string target, out Task answer)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var (hit, answered, durations) in _hits)
        {
            // Each request is logged while somebody debugs, which is the dispatcher's work.
            if (hit.Takes(target)
                && context.Request.Method == hit.Method
                && !_logger.IsEnabled(LogLevel.Debug)
                && hit.TryAnswer(context, target, out answer))
            {
                answered.Increment();
                durations?.RecordSince(start);
                return true;
            }
        }

        answer = Task.CompletedTask;
        return false;
    }
}
