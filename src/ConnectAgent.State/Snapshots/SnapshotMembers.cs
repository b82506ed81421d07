namespace ConnectAgent.State.Snapshots;

/// <summary>
/// The files in a snapshot, in this order, each once: a gzipped tar as Consul's own, so that common tools and Consul's command line can look inside.
/// </summary>
internal static class SnapshotMembers
{
    public const string Meta = "meta.json";

    /// <summary>The rows, one a line.</summary>
    public const string State = "state.bin";

    /// <summary>What the first revision called them.</summary>
    public const string FirstState = "state.jsonl";

    /// <summary>SHA-256 of both, as <c>sha256sum</c> writes them.</summary>
    public const string Sums = "SHA256SUMS";

    public static string SumsOf(ReadOnlySpan<byte> meta, string stateName, ReadOnlySpan<byte> state) =>
        $"{Convert.ToHexStringLower(meta)}  {Meta}\n{Convert.ToHexStringLower(state)}  {stateName}\n";
}
