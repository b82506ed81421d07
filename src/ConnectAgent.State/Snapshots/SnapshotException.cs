namespace ConnectAgent.State.Snapshots;

/// <summary>A snapshot cannot be read or not be used; the text says why, holds no row, and follows <c>the snapshot cannot be restored: </c>.</summary>
internal sealed class SnapshotException(string text, Exception? inner = null) : Exception(text, inner)
{
    /// <summary>The name of the bound that refused, where it was one (docs/limits.md).</summary>
    public string? Limit { get; init; }
}
