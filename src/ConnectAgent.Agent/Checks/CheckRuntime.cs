using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Checks.Scheduling;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Checks;

/// <summary>What all running checks share: the timer, the places, where results go.</summary>
internal sealed class CheckRuntime(
    ICheckReports reports, CheckOptions options, CheckMetrics metrics, TimeProvider clock, Random random, ILogger<CheckRuntime> logger) : IDisposable
{
    /// <summary>Checks that look at their targets at once. Targets that do not answer hold a place until the time-out.</summary>
    [Limit("checks.at_once", "checks", "the next ones wait for a place")]
    private const int MostRunning = 1024;

    /// <summary>Programs that run at once.</summary>
    [Limit("checks.scripts_at_once", "programs", "the next ones wait for a place")]
    private const int MostScripts = 32;

    public CheckOptions Options => options;

    public CheckMetrics Metrics => metrics;

    public TimeProvider Clock => clock;

    public Random Random => random;

    public ILogger Logger => logger;

    public DueTimer Timer { get; } = new(clock);

    public RunPlaces Places { get; } = new(MostRunning);

    public RunPlaces ScriptPlaces { get; } = new(MostScripts);

    /// <summary>Bytes of a check's output that are kept (services CHK-2).</summary>
    public int OutputSizeOf(CheckDefinition definition) =>
        definition.OutputMaxSize > 0 ? Math.Min(options.OutputSize, definition.OutputMaxSize) : options.OutputSize;

    /// <summary>Reports a result. One that cannot be stored is heard of, and the next one is another try.</summary>
    public void Report(string checkId, CheckResult result)
    {
        try
        {
            reports.Report(checkId, result);
        }
        catch (Exception error)
        {
            logger.ReportFailed(checkId, error);
        }
    }

    public void Dispose() => Timer.Dispose();
}
