using System.Diagnostics;
using System.Globalization;
using ConnectAgent.Benchmarks.Load;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>Leaves issued cold over HTTP, key and CSR and all, each for a name that was never asked before.</summary>
internal static class IssueSection
{
    private static int _next;

    public static async Task<BenchTable> RunAsync()
    {
        await using var agent = await AgentUnderTest.StartAsync();

        // Until what issues is compiled as well as it gets; cold are the leaves, not the code.
        Issue(agent, 8, 12_000);
        var table = new BenchTable(["leaves issued cold", "leaves/s", "p50 µs", "p99 µs", "processor µs each"]);
        foreach (var connections in new[] { 1, 8 })
        {
            List<(LoadResult Result, double Processor)> rounds = [];
            for (var round = 0; round < 3; round++)
            {
                rounds.Add(Issue(agent, connections, 3_000));
            }

            var median = LoadResult.MedianOf([.. rounds.Select(round => round.Result)]);
            table.Add(
                connections == 1 ? "one after the other" : string.Create(CultureInfo.InvariantCulture, $"{connections} at once"),
                RequestSections.Number(median.PerSecond),
                RequestSections.Number(median.P50),
                RequestSections.Number(median.P99),
                RequestSections.Number(LoadResult.Median(rounds.Select(round => round.Processor))));
        }

        return table;
    }

    private static (LoadResult Result, double Processor) Issue(AgentUnderTest agent, int connections, int count)
    {
        var each = count / connections;
        var first = Interlocked.Add(ref _next, count) - count;
        var latencies = new LatencyHistogram();
        var (processor, start) = (agent.Processor(), Stopwatch.GetTimestamp());
        var clients = Enumerable.Range(0, connections).Select(connection => new LoadClient(
            agent.ConnectTcp,
            [.. Enumerable.Range(first + (connection * each), each).Select(i => agent.Bytes("GET", $"/v1/agent/connect/ca/leaf/cold-{i}"))],
            1)).ToArray();

        // One thread for each connection would take the processors from the agent: they are asked in turn, all under way at once.
        var (answered, left) = (0, clients.Select(_ => each).ToArray());
        Parallel.For(0, connections, new ParallelOptions { MaxDegreeOfParallelism = connections }, index =>
        {
            for (; left[index] > 0; left[index]--)
            {
                var sent = Stopwatch.GetTimestamp();
                clients[index].AskOnce(static () => { });
                lock (latencies)
                {
                    latencies.Add(Stopwatch.GetElapsedTime(sent));
                    answered++;
                }
            }
        });
        var elapsed = Stopwatch.GetElapsedTime(start);
        Array.ForEach(clients, client => client.Dispose());
        return (
            new LoadResult(answered / elapsed.TotalSeconds, latencies.Percentile(50), latencies.Percentile(90), latencies.Percentile(99), latencies.Percentile(99.9), 0),
            (agent.Processor() - processor).TotalMicroseconds / answered);
    }
}
