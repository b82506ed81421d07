using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Telemetry;

namespace ConnectAgent.State;

/// <summary>The numbers of the state; docs/telemetry.md lists them.</summary>
internal sealed class StateMetrics(IMeterFactory meters)
{
    public const string MeterName = "ConnectAgent.State";

    /// <summary>From a batch of writes to its being on disk.</summary>
    public Histogram<double> Commits { get; } = meters.Create(MeterName).CreateDuration("connect_agent.commit.duration", "From a batch of writes to its being stored.");
}
