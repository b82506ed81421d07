using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Leaves;

/// <summary>How leaves are issued; docs/telemetry.md lists them.</summary>
internal sealed class LeafMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Leaves";

    private long _issued;
    private long _refused;
    private long _failed;
    private long _early;

    public LeafMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "connect_agent.leaf.issued", () => Volatile.Read(ref _issued), "{certificate}", "Leaves issued.");
        meter.CreateObservableCounter(
            "connect_agent.leaf.refused", () => Volatile.Read(ref _refused), "{attempt}", "Renewals that the signer's rate limit refused.");
        meter.CreateObservableCounter(
            "connect_agent.leaf.failed", () => Volatile.Read(ref _failed), "{attempt}", "Renewals that failed for lack of servers.");
        meter.CreateObservableCounter(
            "connect_agent.leaf.early",
            () => Volatile.Read(ref _early),
            "{certificate}",
            "Alarm: leaves replaced before 60 % of their life although no root had rotated and nobody had asked.");
    }

    public void Issued() => Interlocked.Increment(ref _issued);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void Early() => Interlocked.Increment(ref _early);
}
