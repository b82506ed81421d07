using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Revocation;

/// <summary>What the agent knows and does about revocations; docs/telemetry.md lists them.</summary>
internal sealed class RevocationMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Revocation";

    private long _listed;
    private long _refused;

    public RevocationMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "connect_agent.revocation.listed", () => Volatile.Read(ref _listed), "{entry}", "Revocations in the list last read.");
        meter.CreateObservableCounter(
            "connect_agent.revocation.refusals",
            () => Volatile.Read(ref _refused),
            "{decision}",
            "Authorize calls refused because the peer's certificate is revoked.");
    }

    public void Listed(int count) => Volatile.Write(ref _listed, count);

    public void Refused() => Interlocked.Increment(ref _refused);
}
