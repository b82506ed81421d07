namespace ConnectAgent.Protocol.Acl;

/// <summary>What decides about a token that the servers cannot be asked about (acl ACL-RES-4).</summary>
public enum DownPolicy
{
    /// <summary>Everything is allowed but what only acl rights allow.</summary>
    Allow,

    /// <summary>Everything is denied.</summary>
    Deny,

    /// <summary>What was known last goes on; a caller waits for the next try.</summary>
    ExtendCache,

    /// <summary>What was known last goes on, and nobody waits.</summary>
    AsyncCache,
}
