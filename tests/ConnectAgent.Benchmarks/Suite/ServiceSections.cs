using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ConnectAgent.Benchmarks.Load;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>Services of this agent: how fast registrations are on disk, what one of them costs, and a start with many.</summary>
internal static class ServiceSections
{
    private const int Writers = 8;
    private const int Each = 250;
    private const int Kept = 10_000;

    public static async Task<BenchTable> RunAsync()
    {
        var table = new BenchTable(["services of this agent", "measured", "goal"]);
        await RegisterAsync(table);
        await MemoryAsync(table);
        await StartAsync(table);
        return table;
    }

    private static async Task RegisterAsync(BenchTable table)
    {
        await using var agent = await AgentUnderTest.StartAsync();
        List<double> registered = [], appended = [];
        for (var round = 0; round < 4; round++)
        {
            var first = round * Writers * Each;
            var (registrations, appends) = (Registrations(agent, first), Appends(agent.Folder));
            if (round > 0)
            {
                registered.Add(registrations);
                appended.Add(appends);
            }
        }

        var (one, other) = (LoadResult.Median(registered), LoadResult.Median(appended));
        table.Add($"registrations acknowledged durably, {Writers} at once, per second", RequestSections.Number(one), string.Empty);
        table.Add($"synced appends of 1 kB by {Writers} writers to the same disk, per second", RequestSections.Number(other), string.Empty);
        table.Add("registrations for one append", (one / other).ToString("f2", CultureInfo.InvariantCulture), "≥ 0.40");
    }

    // Each is another service: one that is there already is not written again.
    private static double Registrations(AgentUnderTest agent, int first)
    {
        var clients = Enumerable.Range(0, Writers).Select(writer => new LoadClient(
            agent.ConnectTcp,
            [.. Enumerable.Range(first + (writer * Each), Each).Select(i => agent.Bytes("PUT", "/v1/agent/service/register", BodyOf(i)))],
            1)).ToArray();
        var perSecond = PerSecond(writer => clients[writer].AskOnce(static () => { }));
        Array.ForEach(clients, static client => client.Dispose());
        return perSecond;
    }

    private static double Appends(string folder)
    {
        var content = new byte[1024];
        var files = Enumerable.Range(0, Writers).Select(writer => new FileStream(Path.Combine(folder, $"append-{writer}"), FileMode.Append)).ToArray();
        var perSecond = PerSecond(writer =>
        {
            files[writer].Write(content);
            files[writer].Flush(flushToDisk: true);
        });
        Array.ForEach(files, static file => file.Dispose());
        return perSecond;
    }

    private static double PerSecond(Action<int> once)
    {
        var start = Stopwatch.GetTimestamp();
        Thread[] threads =
        [
            .. Enumerable.Range(0, Writers).Select(writer => new Thread(() =>
            {
                for (var i = 0; i < Each; i++)
                {
                    once(writer);
                }
            })),
        ];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        return Writers * Each / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task MemoryAsync(BenchTable table)
    {
        const int Count = 2_000;
        await using var agent = await AgentUnderTest.StartAsync(hosted: true);
        await RegisterAsync(agent, 0, 100);
        var start = (await agent.HeapAsync()).Live;
        await RegisterAsync(agent, 100, Count + 100);
        var local = ((await agent.HeapAsync()).Live - start) / Count;
        table.Add("heap bytes of a local service with two checks, in its catalog, too", $"{local}", "≤ 6000 and ≤ 2500");
    }

    private static async Task StartAsync(BenchTable table)
    {
        var folder = Directory.CreateTempSubdirectory("agent-bench-services-").FullName;
        try
        {
            var config = new JsonObject { ["data_dir"] = Path.Combine(folder, "data") };
            await using (var agent = await AgentUnderTest.StartAsync(config))
            {
                await RegisterAsync(agent, 0, Kept);
            }

            List<double> empty = [], many = [];
            for (var round = 0; round < 6; round++)
            {
                var (without, with) = (await StartOnceAsync(null), await StartOnceAsync(config));
                if (round > 0)
                {
                    empty.Add(without);
                    many.Add(with);
                }
            }

            var (least, most) = (LoadResult.Median(empty), LoadResult.Median(many));
            table.Add("start with an empty data directory, ms", RequestSections.Number(least), string.Empty);
            table.Add(string.Create(CultureInfo.InvariantCulture, $"start with {Kept} services, ms"), RequestSections.Number(most), string.Empty);
            table.Add("the difference, ms", RequestSections.Number(most - least), "≤ 600");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Until it answers with the last of its services.
    private static async Task<double> StartOnceAsync(JsonObject? config)
    {
        var start = Stopwatch.GetTimestamp();
        await using var agent = await AgentUnderTest.StartAsync(config);
        if (config is not null)
        {
            (await agent.SendAsync(HttpMethod.Get, $"/v1/agent/service/service-{Kept - 1}")).Dispose();
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static Task RegisterAsync(AgentUnderTest agent, int first, int last) => Parallel.ForAsync(
        first,
        last,
        new ParallelOptions { MaxDegreeOfParallelism = Writers },
        async (i, _) => (await agent.SendAsync(HttpMethod.Put, "/v1/agent/service/register", BodyOf(i))).Dispose());

    private static string BodyOf(int i) =>
        $$"""{"Name":"service-{{i}}","Port":{{1024 + (i % 60_000)}},"Tags":["v1"],"Meta":{"version":"1"},"Checks":[{"TTL":"24h","Status":"passing"},{"TTL":"48h","Status":"passing"}]}""";
}
