using System.Diagnostics.Metrics;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Prepared queries in numbers; docs/telemetry.md lists them.</summary>
internal sealed class PreparedQueryMetrics
{
    public const string MeterName = "ConnectAgent.ControlPlane.PreparedQueries";

    private readonly Counter<long> _executions;

    public PreparedQueryMetrics(IMeterFactory meters, StateStore store)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "connect_agent.prepared_queries.stored", () => store.Current.Rows(PreparedQueryTables.Queries).Count, "{query}", "Prepared queries.");
        _executions = meter.CreateCounter<long>("connect_agent.prepared_queries.executions", "{execution}", "Executions of prepared queries.");
    }

    /// <summary>A query was executed.</summary>
    public void Executed(QueryResult result) => _executions.Add(
        1, new KeyValuePair<string, object?>("result", result.Nodes.Count == 0 ? "nothing" : result.Failovers == 0 ? "here" : "elsewhere"));
}
