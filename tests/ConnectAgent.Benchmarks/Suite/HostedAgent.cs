using System.Collections.Immutable;
using System.Globalization;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Hosting;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>The daemon in a process of ours, so that its heap can be measured after a full collection.</summary>
internal static class HostedAgent
{
    /// <summary>
    /// Runs it until standard input ends. An empty line is answered with what the heap holds, in bytes; <c>TARGET COUNT</c> stores so many
    /// intentions of a target, which over HTTP would take one write each, of the whole entry.
    /// </summary>
    public static async Task<int> RunAsync(string file)
    {
        AgentConfiguration Read()
        {
            var values = new ConfigValues();
            ConfigFile.Read(file, values);
            return AgentConfiguration.Build(values, devMode: false);
        }

        await using var app = await AgentHost.BuildAsync(DataDirectory.Prepare(Read()), Read);
        await app.StartAsync();
        while (await Console.In.ReadLineAsync() is { } line)
        {
            if (line.Split(' ') is [var target, var count])
            {
                await StoreAsync(app.Services.GetRequiredService<StateStore>(), target, int.Parse(count, CultureInfo.InvariantCulture));
                Console.WriteLine();
                continue;
            }

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

    private static Task<bool> StoreAsync(StateStore store, string target, int count) => store.WriteAsync(writer =>
    {
        ImmutableArray<IntentionSource> sources =
            [.. Enumerable.Range(0, count).Select(i => new IntentionSource($"service-{i:d6}") { Action = Intention.Allow })];
        writer.Put(
            IntentionTables.Entries,
            IntentionEntryValidation.Normalize(new IntentionEntry(target, sources, null, writer.Index, writer.Index)));
        return true;
    });

    private static string Counters() => string.Create(
        CultureInfo.InvariantCulture,
        $"{GC.GetTotalAllocatedBytes(precise: true)} {GC.GetTotalPauseDuration().TotalMilliseconds} {GC.CollectionCount(0)} {GC.CollectionCount(1)} {GC.CollectionCount(2)}");
}
