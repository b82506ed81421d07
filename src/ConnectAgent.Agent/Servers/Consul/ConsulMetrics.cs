using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>Calls of the servers; docs/telemetry.md lists them.</summary>
internal sealed class ConsulMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Servers.Consul";

    private long _answered;
    private long _failed;
    private long _moved;

    public ConsulMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "connect_agent.servers.answered", () => Volatile.Read(ref _answered), "{call}", "Calls that a server answered.");
        meter.CreateObservableCounter(
            "connect_agent.servers.failed", () => Volatile.Read(ref _failed), "{call}", "Calls that failed, each server counted.");
        meter.CreateObservableCounter(
            "connect_agent.servers.moved", () => Volatile.Read(ref _moved), "{move}", "Turns from one server to the next.");
    }

    public void Answered() => Interlocked.Increment(ref _answered);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void Moved() => Interlocked.Increment(ref _moved);
}
