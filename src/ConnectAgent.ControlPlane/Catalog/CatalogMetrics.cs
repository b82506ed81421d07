using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>The catalog in numbers; docs/telemetry.md lists them. What is there is counted when somebody asks.</summary>
internal sealed class CatalogMetrics
{
    public const string MeterName = "ConnectAgent.ControlPlane.Catalog";

    private readonly StateStore _store;
    private long _registrations;
    private long _deregistrations;

    public CatalogMetrics(IMeterFactory meters, StateStore store)
    {
        _store = store;
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("connect_agent.catalog.nodes", () => (long)_store.Current.Rows(CatalogTables.Nodes).Count, "{node}", "Nodes.");
        meter.CreateObservableGauge("connect_agent.catalog.services", () => (long)_store.Current.By(CatalogTables.ByName).Keys.Count, "{service}", "Names of services.");
        meter.CreateObservableGauge("connect_agent.catalog.instances", () => (long)_store.Current.Rows(CatalogTables.Services).Count, "{instance}", "Instances of services.");
        meter.CreateObservableGauge("connect_agent.catalog.checks", Checks, "{check}", "Checks.");
        meter.CreateObservableCounter(
            "connect_agent.catalog.registrations", () => Volatile.Read(ref _registrations), "{write}", "Registrations that were taken.");
        meter.CreateObservableCounter(
            "connect_agent.catalog.deregistrations", () => Volatile.Read(ref _deregistrations), "{write}", "Deregistrations that were taken.");
    }

    public void Registered() => Interlocked.Increment(ref _registrations);

    public void Deregistered() => Interlocked.Increment(ref _deregistrations);

    // Whoever registers may make up a status (CAT-4), and so labels without end.
    private IEnumerable<Measurement<long>> Checks()
    {
        var byStatus = _store.Current.By(CatalogTables.ChecksByStatus).Keys;
        return byStatus.GroupBy(static status => CheckStatus.IsOne(status.Key) ? status.Key : "other", static status => status.Value.Count)
            .Select(static status => new Measurement<long>(status.Sum(), new KeyValuePair<string, object?>("status", status.Key)));
    }
}
