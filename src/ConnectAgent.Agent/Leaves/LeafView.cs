namespace ConnectAgent.Agent.Leaves;

/// <summary>What operators want to know of a leaf.</summary>
/// <param name="NextRenewal">As planned; a reader or a rotation may come first.</param>
/// <param name="Issued">How many the entry has had since it is there.</param>
/// <param name="Source"><c>signed</c>: the key was made here; <c>delegated</c>: leaf and key came from the servers; empty: not known since a restart.</param>
internal sealed record LeafView(
    string SerialNumber, string SpiffeId, DateTimeOffset ValidUntil, DateTimeOffset? NextRenewal, long Issued, string Source);
