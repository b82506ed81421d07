using System.Diagnostics;
using ConnectAgent.Benchmarks.Load;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>The health of services out of the embedded control plane.</summary>
internal static class HealthSections
{
    private const string Path = "/v1/health/connect/db?passing&stale";
    private const int Instances = 1_000;
    private const int Watchers = 5;
    private const int PerSecond = 10;
    private const int Services = 10_000;
    private const int Readers = 5_000;
    private const int Others = 100;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(20);

    /// <summary>Three proxies of a service, of which each passes.</summary>
    /// <returns>What a proxy asks for each connection.</returns>
    public static async Task<string> PrepareAsync(AgentUnderTest agent)
    {
        for (var i = 0; i < 3; i++)
        {
            (await agent.SendAsync(HttpMethod.Put, "/v1/catalog/register", Instance($"n{i}", "db-sidecar-proxy", "db"))).Dispose();
        }

        return Path;
    }

    /// <summary>An instance with a check.</summary>
    public static string Instance(string node, string service, string? connectsFor = null, string output = "")
    {
        var proxy = connectsFor is null ? string.Empty : $$""","Kind":"connect-proxy","Proxy":{"DestinationServiceName":"{{connectsFor}}"}""";
        return $$"""{"Node":"{{node}}","Address":"10.0.0.1","Service":{"Service":"{{service}}","Port":21000{{proxy}}"""
            + $$"""},"Check":{"CheckID":"{{service}}","Name":"{{service}}","Status":"passing","ServiceID":"{{service}}","Output":"{{output}}"}""" + "}";
    }

    /// <summary>One of a thousand instances changes ten times a second, and five watch: processor time beside that of bare Kestrel sending the same bytes.</summary>
    public static async Task<BenchTable> ManyAsync()
    {
        await using var agent = await AgentUnderTest.StartAsync();
        await Parallel.ForAsync(0, Instances, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            (await agent.SendAsync(HttpMethod.Put, "/v1/catalog/register", Instance($"n{i}", "web"))).Dispose());
        const string path = "/v1/health/service/web";
        using var request = AgentUnderTest.Request(HttpMethod.Get, path);
        using var bare = BareUnderTest.Start(await CapturedAnswer.OfAsync(agent.Http, request));
        using var bareHttp = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{bare.Port}") };

        // The writes cost, too, whoever watches: they are measured alone and taken off.
        var (_, _, _) = await WatchAsync(agent, Watchers, path, TimeSpan.FromSeconds(5));
        var (writes, _, _) = await WatchAsync(agent, 0, path, Time);
        var (all, answers, bytes) = await WatchAsync(agent, Watchers, path, Time);
        var before = bare.Processor();
        for (var i = 0; i < answers; i++)
        {
            _ = await bareHttp.GetByteArrayAsync(new Uri(path, UriKind.Relative));
        }

        var theirs = (bare.Processor() - before).TotalMilliseconds;
        var ours = (all - writes).TotalMilliseconds;
        var table = new BenchTable(["1 000 instances, one changes 10 times a second, 5 watchers", "value"]);
        table.Add("body, bytes", $"{bytes}");
        table.Add("answers in 20 s", $"{answers}");
        table.Add("processor time for answers, ms, the writes' own taken off", RequestSections.Number(ours));
        table.Add("bare Kestrel sending the same bytes, ms", RequestSections.Number(theirs));
        table.Add("of bare", RequestSections.Ratio(ours / theirs));
        return table;
    }

    /// <summary>Thousands of readers on one of ten thousand services: how long its change takes to reach the last of them, and who else wakes.</summary>
    public static async Task<BenchTable> ReadersAsync()
    {
        await using var agent = await AgentUnderTest.StartAsync();
        await Parallel.ForAsync(0, Services, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
            (await agent.SendAsync(HttpMethod.Put, "/v1/catalog/register", Instance($"n{i % 100}", $"service-{i}"))).Dispose());
        using var stop = new CancellationTokenSource();
        var others = Enumerable.Range(1, Others).Select(i => WatchOnceAsync(agent, $"/v1/health/service/service-{i * 7}", stop.Token)).ToList();
        var (first, last) = (new List<double>(), new List<double>());
        for (var round = 0; round < 6; round++)
        {
            using var answer = await agent.SendAsync(HttpMethod.Get, "/v1/health/service/service-0");
            var index = answer.Headers.GetValues("X-Consul-Index").Single();
            using var readers = new LoadClient(agent.ConnectTcp, [agent.Bytes("GET", $"/v1/health/service/service-0?index={index}&wait=5m")], Readers);
            var changed = 0L;
            var writing = new TaskCompletionSource();
            var write = Task.Run(async () =>
            {
                await writing.Task;

                // As in ReaderSections: that they are parked shows in no answer.
                await Task.Delay(TimeSpan.FromSeconds(2));
                changed = Stopwatch.GetTimestamp();
                using var put = await agent.SendAsync(HttpMethod.Put, "/v1/catalog/register", Instance("n0", "service-0", output: $"round {round}"));
            });
            var answered = readers.AskOnce(writing.SetResult);
            await write;
            if (round > 0)
            {
                first.Add(Stopwatch.GetElapsedTime(changed, answered[0]).TotalMilliseconds);
                last.Add(Stopwatch.GetElapsedTime(changed, answered[^1]).TotalMilliseconds);
            }
        }

        var woken = others.Count(static other => other.IsCompleted);
        await stop.CancelAsync();
        await Task.WhenAll(others);
        var table = new BenchTable([$"{Readers} readers parked on one of {Services} services", "value"]);
        table.Add("first answer after the write was sent, ms", RequestSections.Number(LoadResult.Median(first)));
        table.Add("last answer after the write was sent, ms", RequestSections.Number(LoadResult.Median(last)));
        table.Add($"woken of {Others} readers of other services", $"{woken}");
        return table;
    }

    private static async Task<(TimeSpan Processor, int Answers, int Bytes)> WatchAsync(AgentUnderTest agent, int watchers, string path, TimeSpan time)
    {
        using var stop = new CancellationTokenSource();
        var (answers, bytes) = (0, 0);
        var before = agent.Processor();
        var watching = Enumerable.Range(0, watchers).Select(_ => Task.Run(async () =>
        {
            var index = "0";
            try
            {
                while (true)
                {
                    using var request = AgentUnderTest.Request(HttpMethod.Get, $"{path}?index={index}&wait=1m");
                    using var answer = await agent.Http.SendAsync(request, stop.Token);
                    index = answer.Headers.GetValues("X-Consul-Index").Single();
                    Volatile.Write(ref bytes, (await answer.Content.ReadAsByteArrayAsync(stop.Token)).Length);
                    Interlocked.Increment(ref answers);
                }
            }
            catch (OperationCanceledException)
            {
                // The time is over.
            }
        })).ToList();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; Stopwatch.GetElapsedTime(start) < time; i++)
        {
            (await agent.SendAsync(HttpMethod.Put, "/v1/catalog/register", Instance($"n{i % Instances}", "web", output: $"change {i} at {start}"))).Dispose();
            var due = TimeSpan.FromSeconds((i + 1.0) / PerSecond) - Stopwatch.GetElapsedTime(start);
            await Task.Delay(due > TimeSpan.Zero ? due : TimeSpan.Zero);
        }

        var processor = agent.Processor() - before;
        await stop.CancelAsync();
        await Task.WhenAll(watching);
        return (processor, answers, bytes);
    }

    private static async Task WatchOnceAsync(AgentUnderTest agent, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var first = await agent.SendAsync(HttpMethod.Get, path);
            using var request = AgentUnderTest.Request(HttpMethod.Get, $"{path}?index={first.Headers.GetValues("X-Consul-Index").Single()}&wait=10m");
            using var answer = await agent.Http.SendAsync(request, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Nobody woke it.
        }
    }
}
