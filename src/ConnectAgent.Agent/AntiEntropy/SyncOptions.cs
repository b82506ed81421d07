namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>How the agent keeps the catalog true; docs/configuration.md has the keys.</summary>
internal sealed record SyncOptions
{
    /// <summary>
    /// Whether the servers are others' (AE-6): the node then carries a check of its own instead of <c>serfHealth</c>, because a leader removes
    /// nodes that carry that and are no members of its gossip.
    /// </summary>
    public bool IsRemote { get; init; }

    /// <summary>How long an output that changed alone waits, on average (CHK-9); 0: it does not.</summary>
    public TimeSpan CheckUpdateInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether the catalog is not told of outputs (CHK-9).</summary>
    public bool DiscardsOutput { get; init; }
}
