using System.Diagnostics;
using ConnectAgent.Benchmarks.Load;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>From start to the first answer, and what an agent takes that has nothing to do.</summary>
internal static class StartSections
{
    public static async Task<BenchTable> RunAsync()
    {
        List<double> times = [], memory = [];
        for (var round = 0; round < 8; round++)
        {
            var start = Stopwatch.GetTimestamp();
            await using var agent = await AgentUnderTest.StartAsync();
            if (round > 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                memory.Add(agent.Resident() / 1e6);
            }
        }

        var table = new BenchTable(["start", "median of 7"]);
        table.Add("to the first answer of roots, ms", RequestSections.Number(LoadResult.Median(times)));
        table.Add("resident memory then, MB", RequestSections.Number(LoadResult.Median(memory)));
        return table;
    }

    public static async Task<BenchTable> IdleAsync()
    {
        const int Entries = 1_000;
        await using var agent = await AgentUnderTest.StartAsync();
        var table = new BenchTable(["idle for 60 s", "processor, % of one core", "resident memory, MB"]);
        await MeasureAsync("no entries");
        for (var i = 0; i < Entries / 2; i++)
        {
            (await agent.SendAsync(HttpMethod.Get, $"/v1/agent/connect/ca/leaf/service-{i}")).Dispose();
            (await agent.SendAsync(HttpMethod.Post, "/v1/agent/connect/authorize", RequestSections.QuestionOf($"service-{i}", "web"))).Dispose();
        }

        await MeasureAsync($"{Entries} entries, half of them leaves");
        return table;

        async Task MeasureAsync(string what)
        {
            // What the last request started shall be over.
            await Task.Delay(TimeSpan.FromSeconds(3));
            var before = agent.Processor();
            await Task.Delay(TimeSpan.FromSeconds(60));
            var used = agent.Processor() - before;
            table.Add(what, (used.TotalSeconds / 60 * 100).ToString("f2", System.Globalization.CultureInfo.InvariantCulture), RequestSections.Number(agent.Resident() / 1e6));
        }
    }
}
