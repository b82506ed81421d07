namespace ConnectAgent.Protocol.Tokens;

/// <summary>Words that no stored token has for its secret (acl section 1).</summary>
public static class ReservedTokens
{
    /// <summary>The anonymous token's: who presents it skips the agent's default token (ACL-REQ-3).</summary>
    public const string Anonymous = "anonymous";

    /// <summary>The names that no token may have (ACL-REQ-4).</summary>
    public static bool IsRootName(string secret) => secret is "allow" or "deny" or "manage";
}
