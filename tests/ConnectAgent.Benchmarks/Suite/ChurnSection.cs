using ConnectAgent.Benchmarks.Load;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>Ten thousand cached keys, read in turn at a fixed rate for a minute: what the collector does to the slowest answers.</summary>
internal static class ChurnSection
{
    private const int Keys = 10_000;
    private const int PerSecond = 5_000;

    public static async Task<BenchTable> RunAsync()
    {
        await using var agent = await AgentUnderTest.StartAsync(hosted: true);
        byte[][] requests = [.. Enumerable.Range(0, Keys).Select(i => agent.Bytes("POST", "/v1/agent/connect/authorize", RequestSections.QuestionOf($"service-{i}", "web")))];
        using var client = new LoadClient(agent.ConnectTcp, requests, 16);
        client.Run(TimeSpan.FromSeconds(8));
        var before = (await agent.HeapAsync()).After;
        var result = client.Run(TimeSpan.FromSeconds(60), PerSecond);
        var after = (await agent.HeapAsync()).Before;
        var table = new BenchTable(["10 000 keys, 5 000 reads/s, 60 s", "value"]);
        table.Add("reads/s reached", RequestSections.Number(result.PerSecond));
        table.Add("p50 µs", RequestSections.Number(result.P50));
        table.Add("p99 µs", RequestSections.Number(result.P99));
        table.Add("p99.9 µs", RequestSections.Number(result.P999));
        table.Add("allocated, kB/s", RequestSections.Number((after.Allocated - before.Allocated) / 60.0 / 1000));
        table.Add("collections of generation 0, 1, 2", $"{after.Gen0 - before.Gen0}, {after.Gen1 - before.Gen1}, {after.Gen2 - before.Gen2}");
        table.Add("pauses in all, ms", RequestSections.Number((after.Paused - before.Paused).TotalMilliseconds));
        return table;
    }
}
