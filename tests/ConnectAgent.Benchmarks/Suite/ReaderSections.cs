using System.Diagnostics;
using ConnectAgent.Benchmarks.Load;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>Many readers that block on one thing: what each costs, and how long a change takes to reach the last of them.</summary>
internal static class ReaderSections
{
    private const int Readers = 5_000;

    public static async Task<BenchTable> RunAsync()
    {
        var table = new BenchTable(["readers", "figure", "value"]);
        var heap = await ParkedAsync(hosted: true, static async agent => (await agent.HeapAsync()).Live);
        table.Add($"{Readers} parked", "heap bytes each", $"{heap.Bytes}");
        var resident = await ParkedAsync(hosted: false, static agent => Task.FromResult(agent.Resident()));
        table.Add($"{Readers} parked", "resident bytes each", $"{resident.Bytes}");
        table.Add($"{Readers} woken", "first answer after the write was sent, ms", RequestSections.Number(LoadResult.Median(resident.First)));
        table.Add($"{Readers} woken", "last answer after the write was sent, ms", RequestSections.Number(LoadResult.Median(resident.Last)));
        return table;
    }

    private static async Task<(long Bytes, List<double> First, List<double> Last)> ParkedAsync(bool hosted, Func<AgentUnderTest, Task<long>> measure)
    {
        const string Path = "/v1/connect/intentions/match?by=destination&name=db&cached";
        await using var agent = await AgentUnderTest.StartAsync(hosted: hosted);
        (await agent.SendAsync(HttpMethod.Put, "/v1/connect/intentions/exact?source=web&destination=db", """{"Action":"allow"}""")).Dispose();
        var before = await measure(agent);
        var (bytes, first, last) = (0L, new List<double>(), new List<double>());
        for (var round = 0; round < 6; round++)
        {
            using var answer = await agent.SendAsync(HttpMethod.Get, Path);
            var index = answer.Headers.GetValues("X-Consul-Index").Single();
            using var readers = new LoadClient(agent.ConnectTcp, [agent.Bytes("GET", $"{Path}&index={index}&wait=5m")], Readers);
            var changed = 0L;
            var writing = new TaskCompletionSource();
            var write = Task.Run(async () =>
            {
                await writing.Task;

                // All are sent; that they are parked shows in no answer, so they get the time that a thousand times as much work would take.
                await Task.Delay(TimeSpan.FromSeconds(2));
                if (round == 0)
                {
                    bytes = (await measure(agent) - before) / Readers;
                }

                changed = Stopwatch.GetTimestamp();
                using var put = await agent.SendAsync(
                    HttpMethod.Put, "/v1/connect/intentions/exact?source=web&destination=db", round % 2 == 0 ? """{"Action":"deny"}""" : """{"Action":"allow"}""");
            });
            var answered = readers.AskOnce(writing.SetResult);
            await write;
            if (round > 0)
            {
                // The first round compiles what the others run.
                first.Add(Stopwatch.GetElapsedTime(changed, answered[0]).TotalMilliseconds);
                last.Add(Stopwatch.GetElapsedTime(changed, answered[^1]).TotalMilliseconds);
            }
        }

        return (bytes, first, last);
    }
}
