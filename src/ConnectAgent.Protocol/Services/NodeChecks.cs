namespace ConnectAgent.Protocol.Services;

/// <summary>The IDs of the checks that say of a node whether it is there. No owner of a check may have one: two would write the same check of the catalog.</summary>
public static class NodeChecks
{
    /// <summary>Of a member of the servers' gossip (services AE-4). A leader removes nodes that have it and are no members (AE-6).</summary>
    public const string Member = "serfHealth";

    /// <summary>Of an agent of this product in front of servers of others (AE-6).</summary>
    public const string Agent = "connect-agent";
}
