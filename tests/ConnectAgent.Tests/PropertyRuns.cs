using FsCheck;

namespace ConnectAgent.Tests;

/// <summary>How properties draw their cases: few of them from one seed, so that a run is quick and the next one sees the same.</summary>
internal static class PropertyRuns
{
    public const int Cases = 200;
    public const string Seed = "4711002600815,1733";

    /// <summary>From the same seed, for properties that are checked by hand.</summary>
    public static Config Repeatable(this Config config) => config.WithReplay(4711002600815UL, 1733UL);
}
