namespace ConnectAgent.ControlPlane.State;

/// <summary>All of the state at one moment, as a snapshot file holds it.</summary>
/// <param name="Index">The last index given out.</param>
/// <param name="Serial">The last certificate serial given out.</param>
/// <param name="Tables">In the order of <see cref="StateTables.All"/>.</param>
internal sealed record StateImage(ulong Index, ulong Serial, IReadOnlyList<TableImage> Tables);

/// <summary>One table of an image.</summary>
internal sealed record TableImage(string Name, ulong Index, IReadOnlyList<StoredRow> Rows);
