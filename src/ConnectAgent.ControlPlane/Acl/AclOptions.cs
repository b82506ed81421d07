namespace ConnectAgent.ControlPlane.Acl;

/// <summary>What the configuration says about ACLs (acl ACL-CFG-1).</summary>
internal sealed class AclOptions
{
    public bool Enabled { get; init; }

    /// <summary>Whether a request that no rule decides is allowed.</summary>
    public bool DefaultAllow { get; init; } = true;

    /// <summary><c>acl.tokens.initial_management</c>; empty for none. Never printed.</summary>
    public string ManagementToken { get; init; } = string.Empty;

    /// <summary>Which policies and identities count.</summary>
    public string Datacenter { get; init; } = "dc1";

    /// <summary>Whether rules of kinds that nobody knows are refused, and not only warned of (ACL-DEF-3).</summary>
    public bool StrictRules { get; init; }

    /// <summary><c>acl.token_ttl</c>: how long after a token's end the agent may still hold what it had. The live state makes it a moment; this is
    /// the bound for what no change tells of. Default 30 s.</summary>
    public TimeSpan TokenTtl { get; init; } = TimeSpan.FromSeconds(30);
}
