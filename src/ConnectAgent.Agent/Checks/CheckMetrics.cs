using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Checks;

/// <summary>How checks run; docs/telemetry.md lists them.</summary>
internal sealed class CheckMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Checks";

    // Types and statuses are few; what callers write is in neither.
    private readonly ConcurrentDictionary<(string Type, string Status), long> _runs = new();

    public CheckMetrics(IMeterFactory meters) => meters.Create(MeterName).CreateObservableCounter(
        "connect_agent.checks.results", Runs, "{result}", "Results of checks.");

    public void Ran(string type, string status) => _runs.AddOrUpdate((type, status), 1, static (_, count) => count + 1);

    private IEnumerable<Measurement<long>> Runs() => _runs.Select(pair => new Measurement<long>(
        pair.Value, new KeyValuePair<string, object?>("type", pair.Key.Type), new KeyValuePair<string, object?>("status", pair.Key.Status)));
}
