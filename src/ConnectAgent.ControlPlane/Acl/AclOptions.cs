namespace ConnectAgent.ControlPlane.Acl;

/// <summary>What the configuration says about ACLs (config-and-cli section 2).</summary>
internal sealed class AclOptions
{
    public bool Enabled { get; init; }

    /// <summary>Whether a request that no rule decides is allowed.</summary>
    public bool DefaultAllow { get; init; } = true;

    /// <summary><c>acl.tokens.master</c>: the management token; empty for none. Never printed.</summary>
    public string ManagementToken { get; init; } = string.Empty;
}
