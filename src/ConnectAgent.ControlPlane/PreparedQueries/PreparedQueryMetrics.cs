using System.Diagnostics.Metrics;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Prepared queries in numbers; docs/telemetry.md lists them.</summary>
internal sealed class PreparedQueryMetrics
{
    public const string MeterName = "ConnectAgent.ControlPlane.PreparedQueries";

    private long _here;
    private long _elsewhere;
    private long _nothing;

    public PreparedQueryMetrics(IMeterFactory meters, StateStore store)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "connect_agent.prepared_queries.stored", () => (long)store.Current.Rows(PreparedQueryTables.Queries).Count, "{query}", "Prepared queries.");
        meter.CreateObservableCounter("connect_agent.prepared_queries.executions", Executions, "{execution}", "Executions of prepared queries.");
    }

    /// <summary>A query was executed.</summary>
    public void Executed(QueryResult result) =>
        Interlocked.Increment(ref result.Nodes.Count == 0 ? ref _nothing : ref result.Failovers == 0 ? ref _here : ref _elsewhere);

    private IEnumerable<Measurement<long>> Executions() =>
    [
        new(Volatile.Read(ref _here), new KeyValuePair<string, object?>("result", "here")),
        new(Volatile.Read(ref _elsewhere), new KeyValuePair<string, object?>("result", "elsewhere")),
        new(Volatile.Read(ref _nothing), new KeyValuePair<string, object?>("result", "nothing")),
    ];
}
