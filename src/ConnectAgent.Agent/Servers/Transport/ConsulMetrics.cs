using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>Calls of the servers, and how each of them is; docs/telemetry.md lists them.</summary>
internal sealed class ConsulMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Servers.Transport";

    private readonly ConsulServer[] _servers;
    private long _moved;
    private long _refused;

    public ConsulMetrics(IMeterFactory meters, ServerSet set)
    {
        _servers = set.Servers;
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "connect_agent.servers.answered", () => Each(server => server.Answers), "{call}", "Calls that the server answered.");
        meter.CreateObservableCounter(
            "connect_agent.servers.failed", () => Each(server => server.Failures), "{call}", "Calls that failed at the server.");
        meter.CreateObservableGauge(
            "connect_agent.servers.healthy", () => Each(server => server.IsHealthy ? 1L : 0L), "{server}", "1 while the server answers.");
        meter.CreateObservableGauge(
            "connect_agent.servers.round_trip", () => Each(server => server.RoundTripMs ?? 0), "ms", "Of the last call that was not held.");
        meter.CreateObservableGauge(
            "connect_agent.servers.held", () => Each(server => (long)server.Holding), "{call}", "Calls that the server is holding.");
        meter.CreateObservableGauge(
            "connect_agent.servers.index", () => Each(server => (long)server.LastIndex), "{index}", "Of the last read that the server answered.");
        meter.CreateObservableCounter(
            "connect_agent.servers.moved", () => Volatile.Read(ref _moved), "{move}", "Turns from one server to another.");
        meter.CreateObservableCounter(
            "connect_agent.servers.refused", () => Volatile.Read(ref _refused), "{answer}", "Answers that were refused because they are none of Consul's.");
    }

    public void Moved() => Interlocked.Increment(ref _moved);

    /// <summary>An answer is not used: it contradicts itself, or what was asked.</summary>
    public void Refused() => Interlocked.Increment(ref _refused);

    private IEnumerable<Measurement<T>> Each<T>(Func<ConsulServer, T> value)
        where T : struct => _servers.Select(server => new Measurement<T>(value(server), new KeyValuePair<string, object?>("server", server.Name)));
}
