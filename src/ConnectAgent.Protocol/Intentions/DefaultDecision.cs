namespace ConnectAgent.Protocol.Intentions;

/// <summary>What holds when no intention matches (AUTHZ-23).</summary>
public sealed record DefaultDecision
{
    private const string ByAcl = "Default behavior configured by ACLs";
    private const string ByPolicy = "Default behavior configured by default_intention_policy";

    private DefaultDecision(bool allowed, string reason) =>
        Decision = new IntentionDecision(allowed, reason, null) { Ground = DecisionGround.Default };

    public static DefaultDecision AclsDisabled { get; } = new(allowed: true, "ACLs disabled, access is allowed by default");

    public static DefaultDecision Allow { get; } = new(allowed: true, ByAcl);

    public static DefaultDecision Deny { get; } = new(allowed: false, ByAcl);

    /// <summary><c>default_intention_policy</c> is set, and so ACLs have no say (AUTHZ-24).</summary>
    public static DefaultDecision AllowByPolicy { get; } = new(allowed: true, ByPolicy);

    /// <inheritdoc cref="AllowByPolicy"/>
    public static DefaultDecision DenyByPolicy { get; } = new(allowed: false, ByPolicy);

    public IntentionDecision Decision { get; }
}
