using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>How often the catalog is compared (services AE-1). Large clusters take more time, so that their servers are asked no more often.</summary>
internal static class SyncPace
{
    private const int SmallCluster = 128;

    [Limit("sync.comparison", "s", "the catalog is compared again")]
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    [Limit("sync.return", "s", "the catalog is compared")]
    private static readonly TimeSpan Return = TimeSpan.FromSeconds(3);

    /// <summary>The pause after a comparison that went well.</summary>
    /// <param name="nodes">Of the cluster; 0 while it is not known.</param>
    /// <param name="random">From 0 to below 1.</param>
    public static TimeSpan PauseOf(int nodes, double random) => Interval * ScaleOf(nodes) * (1 + (random / 4));

    /// <summary>The pause before the first comparison after the servers came back: all agents hear of it at about the same time.</summary>
    /// <inheritdoc cref="PauseOf"/>
    public static TimeSpan ReturnOf(int nodes, double random) => Return * ScaleOf(nodes) * random;

    /// <summary>How many times longer: one more for each doubling.</summary>
    public static int ScaleOf(int nodes) => nodes <= SmallCluster ? 1 : (int)Math.Ceiling(Math.Log2(nodes) - Math.Log2(SmallCluster)) + 1;

    /// <summary>When an output that changed alone is written (CHK-9).</summary>
    /// <param name="interval"><c>check_update_interval</c>.</param>
    /// <param name="random">From 0 to below 1.</param>
    public static TimeSpan OutputOf(TimeSpan interval, double random) => (interval / 2) + (interval * random);
}
