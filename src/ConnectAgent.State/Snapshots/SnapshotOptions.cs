using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.State.Snapshots;

/// <summary>How large a snapshot the agent saves and restores.</summary>
internal sealed class SnapshotOptions
{
    internal const string Key = "connect_agent.snapshot_max_bytes";
    internal const string RowsLimit = "snapshot.rows";

    /// <summary>
    /// Of the rows, unpacked. While a snapshot is restored they are in memory beside the state in use, in about twice this size; what is saved must
    /// be restorable. A state of 100 000 intentions has about 20 MB.
    /// </summary>
    [Limit(RowsLimit, "bytes", "restoring is refused: 400; saving: 500", Key = Key, Refuses = true)]
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>For whoever only looks at a file.</summary>
    public static SnapshotOptions Any { get; } = new() { MaxBytes = SnapshotUnpacking.Longest };
}
