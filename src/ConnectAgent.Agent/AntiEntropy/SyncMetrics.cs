using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>How the catalog and the agent keep in step; docs/telemetry.md lists them.</summary>
internal sealed class SyncMetrics
{
    public const string MeterName = "ConnectAgent.Agent.AntiEntropy";

    private readonly Counter<long> _comparisons;
    private readonly Counter<long> _writes;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private long _compared;
    private int _pending;

    public SyncMetrics(IMeterFactory meters, TimeProvider clock)
    {
        (_clock, _start) = (clock, clock.GetTimestamp());
        var meter = meters.Create(MeterName);
        _comparisons = meter.CreateCounter<long>("connect_agent.sync.comparisons", "{comparison}", "Comparisons of the catalog with what is registered here.");
        _writes = meter.CreateCounter<long>("connect_agent.sync.writes", "{write}", "Writes to the catalog.");
        meter.CreateObservableGauge(
            "connect_agent.sync.failing", () => Volatile.Read(ref _pending), "{service}", "Services, and the node, whose last write to the catalog failed.");
        meter.CreateObservableGauge(
            "connect_agent.sync.age", () => Age.TotalSeconds, "s", "Since the last comparison that went well; before the first, since the start.");
    }

    /// <summary>Since the last comparison that went well.</summary>
    public TimeSpan Age => _clock.GetElapsedTime(Volatile.Read(ref _compared) is > 0 and var at ? at : _start);

    public void Compared(bool isGood)
    {
        if (isGood)
        {
            Volatile.Write(ref _compared, _clock.GetTimestamp());
        }

        _comparisons.Add(1, new KeyValuePair<string, object?>("result", isGood ? "good" : "failed"));
    }

    /// <summary>A write came to an end.</summary>
    /// <param name="operation"><c>register</c> or <c>deregister</c>.</param>
    /// <param name="result"><c>done</c>, <c>denied</c>, <c>refused</c> or <c>unreachable</c>.</param>
    public void Wrote(string operation, string result) => _writes.Add(
        1, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("result", result));

    public void Failing(int more) => Interlocked.Add(ref _pending, more);
}
