using System.Runtime;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Hosting;

/// <summary>
/// Keeps the collector from running while a start reads many rows. Nearly all that is made then stays, so it would find nothing, and look at the same rows time
/// and again while everything waits for it. That ends once so much has been made, or with the collection of an agent that idles (<see cref="IdleMemory"/>).
/// </summary>
internal static class StartMemory
{
    // Rows in memory, and what is made on the way there, for each byte of the files.
    private const int Factor = 16;
    private const long Least = 16 * 1024 * 1024;
    private const long LargeObjects = 16 * 1024 * 1024;

    [Limit("start.memory", "bytes made", "the collector runs as ever")]
    private const long Most = 256 * 1024 * 1024;

    /// <summary>Whether nothing has been collected yet.</summary>
    public static bool IsKept => GCSettings.LatencyMode == GCLatencyMode.NoGCRegion;

    /// <summary>Begins, where the files are large enough for it.</summary>
    /// <param name="directory">Where state is kept; null for nowhere.</param>
    public static void Keep(string? directory)
    {
        var bytes = directory is null ? 0 : Directory.EnumerateFiles(directory, "*.db*").Sum(static file => new FileInfo(file).Length) * Factor;
        if (bytes < Least || IsKept)
        {
            return;
        }

        try
        {
            GC.TryStartNoGCRegion(Math.Min(bytes, Most), LargeObjects);
        }
        catch (ArgumentOutOfRangeException)
        {
            // There is less memory than that. Then it collects as ever.
        }
    }
}
