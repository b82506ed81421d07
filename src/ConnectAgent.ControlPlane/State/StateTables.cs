using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Intentions;

namespace ConnectAgent.ControlPlane.State;

/// <summary>All tables of the state. A new one needs no change of the schema on disk; a renamed one needs a migration.</summary>
internal static class StateTables
{
    /// <summary>The <c>service-intentions</c> entries by destination in ASCII lower case (intentions IXN-1, IXN-5).</summary>
    public static StateTable<IntentionEntry> Intentions { get; } = new("intentions", StateJson.Default.IntentionEntry);

    /// <summary>The CA, under the one key <see cref="TheOne"/>.</summary>
    public static StateTable<AuthorityState> Authority { get; } = new("authority", StateJson.Default.AuthorityState);

    /// <summary>Tokens by accessor.</summary>
    public static StateTable<AclToken> AclTokens { get; } = new("acl-tokens", StateJson.Default.AclToken);

    /// <summary>Which token has a secret, by the secret's digest.</summary>
    public static StateTable<AclSecret> AclSecrets { get; } = new("acl-secrets", StateJson.Default.AclSecret);

    /// <summary>Policies by ID.</summary>
    public static StateTable<AclPolicy> AclPolicies { get; } = new("acl-policies", StateJson.Default.AclPolicy);

    /// <summary>Roles by ID.</summary>
    public static StateTable<AclRole> AclRoles { get; } = new("acl-roles", StateJson.Default.AclRole);

    /// <summary>Whether the ACLs were bootstrapped, under the one key <see cref="TheOne"/>.</summary>
    public static StateTable<AclBootstrap> AclBootstraps { get; } = new("acl-bootstrap", StateJson.Default.AclBootstrap);

    /// <summary>What the rights of tokens are worked out from.</summary>
    public static IReadOnlyList<StateTable> Rights { get; } = [AclTokens, AclPolicies, AclRoles];

    /// <summary>The key of a table with one row.</summary>
    public const string TheOne = "";

    public static IReadOnlyList<StateTable> All { get; } = [Intentions, Authority, AclTokens, AclSecrets, AclPolicies, AclRoles, AclBootstraps];
}
