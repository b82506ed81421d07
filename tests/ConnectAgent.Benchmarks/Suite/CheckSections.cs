using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using ConnectAgent.Agent.Checks;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Benchmarks.Load;
using ConnectAgent.Protocol.Services;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>Checks: what keeping ten thousand of them going costs, and one look over HTTP beside the platform's client.</summary>
internal static class CheckSections
{
    private const int Checks = 10_000;
    private const int Looks = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public static async Task<BenchTable> RunAsync()
    {
        var table = new BenchTable(["checks", "measured", "goal"]);
        await ScheduleAsync(table);
        await HttpAsync(table);
        return table;
    }

    // Processor time of the whole process, which does nothing else meanwhile.
    private static async Task ScheduleAsync(BenchTable table)
    {
        await using var meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var runtime = new CheckRuntime(
            new Nowhere(), new CheckOptions(), new CheckMetrics(meters.GetRequiredService<IMeterFactory>()), TimeProvider.System, Random.Shared,
            NullLogger<CheckRuntime>.Instance);
        var probe = new Nothing();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        IntervalCheck[] checks = [.. Enumerable.Range(0, Checks).Select(i => new IntervalCheck(
            $"check-{i}", new CheckDefinition { Interval = Interval, Tcp = "127.0.0.1:1" }, probe, Interval, runtime))];
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Checks;

        // One round for the compiler, two to measure.
        await Task.Delay(Interval);
        var (runs, processor, start) = (probe.Runs, Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await Task.Delay(2 * Interval);
        var took = Stopwatch.GetElapsedTime(start);
        var share = (Environment.CpuUsage.TotalTime - processor) / took;
        table.Add($"{Checks} checks at 10 s that do nothing: of a core", share.ToString("p2", CultureInfo.InvariantCulture), "≤ 2 %");
        table.Add("their runs per second", RequestSections.Number((probe.Runs - runs) / took.TotalSeconds), string.Empty);
        table.Add("heap bytes of one", each.ToString(CultureInfo.InvariantCulture), string.Empty);
        Array.ForEach(checks, static check => check.End());
    }

    private static async Task HttpAsync(BenchTable table)
    {
        using var server = BareUnderTest.Start(new CapturedAnswer([], Encoding.ASCII.GetBytes(new string('x', 1000))));
        var address = new Uri($"http://127.0.0.1:{server.Port}/health");
        var probe = new HttpProbe(new CheckDefinition { Http = address.ToString() }, new CheckOptions(), 4096);

        // A new connection for each request, as checks have it.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero });
        List<double> looks = [], requests = [];
        for (var round = 0; round < 8; round++)
        {
            var look = await EachAsync(async () => Require((await probe.RunAsync(CancellationToken.None)).Status == CheckStatus.Passing));
            var request = await EachAsync(async () =>
            {
                using var limit = new CancellationTokenSource(Interval);
                using var answer = await client.GetAsync(address, limit.Token);
                Require((await answer.Content.ReadAsStringAsync(limit.Token)).Length == 1000);
            });
            if (round > 1)
            {
                looks.Add(look);
                requests.Add(request);
            }
        }

        var ratio = LoadResult.Median(looks.Zip(requests, static (look, request) => look / request));
        table.Add("one HTTP check, µs", RequestSections.Number(LoadResult.Median(looks)), string.Empty);
        table.Add("one request of a bare HttpClient over a new connection, µs", RequestSections.Number(LoadResult.Median(requests)), string.Empty);
        table.Add("HTTP checks for one such request", ratio.ToString("f2", CultureInfo.InvariantCulture), "≤ 1.3");
    }

    private static async Task<double> EachAsync(Func<Task> one)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Looks; i++)
        {
            await one();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / Looks;
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("the target was not well");
        }
    }

    private sealed class Nowhere : ICheckReports
    {
        public void Report(string checkId, CheckResult result)
        {
        }
    }

    private sealed class Nothing : ICheckProbe
    {
        private long _runs;

        public long Runs => Volatile.Read(ref _runs);

        public string Subject => string.Empty;

        public ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _runs);
            return ValueTask.FromResult(CheckResult.Passing(string.Empty));
        }
    }
}
