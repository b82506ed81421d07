using System.Diagnostics.Metrics;
using ConnectAgent.Agent.Checks;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.Tests.Agent.Checks;

/// <summary>What checks need to run, with a clock that moves when told to, and the results that they report.</summary>
internal sealed class CheckFixture : ICheckReports, IDisposable
{
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public CheckFixture(Random? random = null) => Runtime = new CheckRuntime(
        this,
        new CheckOptions(),
        new CheckMetrics(_meters.GetRequiredService<IMeterFactory>()),
        Clock,
        random ?? new FixedRandom(0.5),
        NullLogger<CheckRuntime>.Instance);

    public ManualTimeProvider Clock { get; } = new();

    public CheckRuntime Runtime { get; }

    public List<(string CheckId, string Status, string Output)> Reports { get; } = [];

    public Exception? Fails { get; set; }

    public void Report(string checkId, CheckResult result)
    {
        if (Fails is { } error)
        {
            throw error;
        }

        Reports.Add((checkId, result.Status, result.Output));
    }

    public void Dispose()
    {
        Runtime.Dispose();
        _meters.Dispose();
    }

    private sealed class FixedRandom(double draw) : Random
    {
        public override double NextDouble() => draw;
    }
}
