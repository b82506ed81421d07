using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Hosting;

/// <summary>
/// Gives back the memory that a burst has left behind. The collector runs when something is made, which in an agent that idles hardly anything is, so
/// what many large requests took would stay for hours.
/// </summary>
internal sealed class IdleMemory(TimeProvider clock, BlockPools blocks) : BackgroundService
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    /// <summary>Growth that is worth a collection.</summary>
    [Limit("memory.kept", "bytes", "given back once the agent idles")]
    public const long Worth = 16 * 1024 * 1024;

    /// <summary>An agent idles that makes less than this between two looks.</summary>
    [Limit("memory.idle", "bytes allocated in 15 s", "the agent is busy, and gives nothing back")]
    public const long Busy = 16 * 1024 * 1024;

    // The web server lets go of its buffers only a while after the burst.
    private const int Rounds = 2;

    public Func<long> Made { get; init; } = static () => GC.GetTotalAllocatedBytes();

    public Func<long> Resident { get; init; } = static () => Environment.WorkingSet;

    /// <summary>Whether the start has left something behind.</summary>
    public Func<bool> LeftByStart { get; init; } = static () => StartMemory.IsKept;

    public Action Collect { get; init; } = static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (made, least, rounds) = (Made(), Resident(), LeftByStart() ? Rounds : 0);
        while (true)
        {
            await Task.Delay(Pause, clock, stoppingToken);
            var (before, resident) = (made, Resident());
            made = Made();
            rounds = resident > least + Worth ? Rounds : rounds;
            if (rounds > 0 && made - before < Busy)
            {
                // What the pools of the web server hold unused is the largest part of it.
                blocks.Trim();
                Collect();
                rounds--;
                least = Resident();
            }

            least = Math.Min(least, Resident());
        }
    }
}
