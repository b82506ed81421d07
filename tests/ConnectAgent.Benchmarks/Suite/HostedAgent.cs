using System.Globalization;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>The daemon in a process of ours, so that its heap can be measured after a full collection.</summary>
internal static class HostedAgent
{
    /// <summary>Runs it until standard input ends; each line asked for is answered with what the heap holds, in bytes.</summary>
    public static async Task<int> RunAsync(string file)
    {
        AgentConfiguration Read()
        {
            var values = new ConfigValues();
            ConfigFile.Read(file, values);
            return AgentConfiguration.Build(values, devMode: false);
        }

        await using var app = await AgentHost.BuildAsync(Read(), Read);
        await app.StartAsync();
        while (await Console.In.ReadLineAsync() is not null)
        {
            var before = Counters();
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{GC.GetTotalMemory(forceFullCollection: true)} {before} {Counters()}"));
        }

        await app.StopAsync();
        return 0;
    }

    private static string Counters() => string.Create(
        CultureInfo.InvariantCulture,
        $"{GC.GetTotalAllocatedBytes(precise: true)} {GC.GetTotalPauseDuration().TotalMilliseconds} {GC.CollectionCount(0)} {GC.CollectionCount(1)} {GC.CollectionCount(2)}");
}
