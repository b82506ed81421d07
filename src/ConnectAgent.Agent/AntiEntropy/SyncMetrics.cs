using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>How the catalog and the agent keep in step; docs/telemetry.md lists them.</summary>
internal sealed class SyncMetrics
{
    public const string MeterName = "ConnectAgent.Agent.AntiEntropy";

    // Operations and results are few.
    private readonly ConcurrentDictionary<(string Operation, string Result), long> _writes = new();
    private readonly TimeProvider _clock;
    private readonly long _start;
    private long _compared;
    private long _good;
    private long _failed;
    private long _pending;

    public SyncMetrics(IMeterFactory meters, TimeProvider clock)
    {
        (_clock, _start) = (clock, clock.GetTimestamp());
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("connect_agent.sync.comparisons", Comparisons, "{comparison}", "Comparisons of the catalog with what is registered here.");
        meter.CreateObservableCounter("connect_agent.sync.writes", Writes, "{write}", "Writes to the catalog.");
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
            Interlocked.Increment(ref _good);
        }
        else
        {
            Interlocked.Increment(ref _failed);
        }
    }

    /// <summary>A write came to an end.</summary>
    /// <param name="operation"><c>register</c> or <c>deregister</c>.</param>
    /// <param name="result"><c>done</c>, <c>denied</c>, <c>refused</c> or <c>unreachable</c>.</param>
    public void Wrote(string operation, string result) => _writes.AddOrUpdate((operation, result), 1, static (_, count) => count + 1);

    public void Failing(int more) => Interlocked.Add(ref _pending, more);

    private IEnumerable<Measurement<long>> Comparisons() =>
    [
        new(Volatile.Read(ref _good), new KeyValuePair<string, object?>("result", "good")),
        new(Volatile.Read(ref _failed), new KeyValuePair<string, object?>("result", "failed")),
    ];

    private IEnumerable<Measurement<long>> Writes() => _writes.Select(static pair => new Measurement<long>(
        pair.Value, new KeyValuePair<string, object?>("operation", pair.Key.Operation), new KeyValuePair<string, object?>("result", pair.Key.Result)));
}
