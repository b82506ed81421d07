using System.Collections.Frozen;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.ControlPlane.State;

/// <summary>All tables of the state. A new one needs no change of the schema on disk; a renamed one needs a migration.</summary>
internal static class StateTables
{
    /// <summary>The <c>service-intentions</c> entries by destination in ASCII lower case (intentions IXN-1, IXN-5).</summary>
    public static StateTable<IntentionEntry> Intentions { get; } = new("intentions", StateJson.Default.IntentionEntry);

    /// <summary>Which destination an ID based intention has, by ID; derived from the entries, so that a look-up need not walk them (IXN-13).</summary>
    public static StateTable<IntentionReference> IntentionIds { get; } = new("intention-ids", StateJson.Default.IntentionReference);

    /// <summary>The CA's roots, under the one key <see cref="TheOne"/>; no key is in here.</summary>
    public static StateTable<AuthorityRoots> Roots { get; } = new("roots", StateJson.Default.AuthorityRoots);

    /// <summary>The CA's configuration, under the one key <see cref="TheOne"/>; may hold a key.</summary>
    public static StateTable<CaConfiguration> CaConfiguration { get; } = new("ca-configuration", StateJson.Default.CaConfiguration);

    /// <summary>What the CA's provider keeps, by the id of its configuration: the key (ca CA-40, CA-41).</summary>
    public static StateTable<ProviderRow> ProviderRows { get; } = new("ca-provider", StateJson.Default.ProviderRow);

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

    /// <summary>Auth methods by name.</summary>
    public static StateTable<AuthMethod> AuthMethods { get; } = new("acl-auth-methods", StateJson.Default.AuthMethod);

    /// <summary>Binding rules by ID.</summary>
    public static StateTable<BindingRule> BindingRules { get; } = new("acl-binding-rules", StateJson.Default.BindingRule);

    /// <summary>What the rights of tokens are worked out from.</summary>
    public static IReadOnlyList<StateTable> Rights { get; } = [AclTokens, AclPolicies, AclRoles];

    /// <summary>What is revoked, by <see cref="Revocation.Revocations.KeyOf"/> (intentions DEF-12).</summary>
    public static StateTable<RevocationEntry> Revocations { get; } = new("revocations", StateJson.Default.RevocationEntry) { OutlivesRestore = true };

    /// <summary>Which serial it was when, by serial: a fact that an older state does not change.</summary>
    public static StateTable<SerialMark> SerialMarks { get; } = new("serial-marks", StateJson.Default.SerialMark) { OutlivesRestore = true };

    /// <summary>The key of a table with one row.</summary>
    public const string TheOne = "";

    // A table for each kind, so that a reader of one is not woken by another.
    private static readonly FrozenDictionary<string, StateTable<ConfigEntry>> ConfigEntries = new[]
    {
        "ingress-gateway", "mesh", "proxy-defaults", "service-defaults", "service-resolver", "service-router", "service-splitter",
        "terminating-gateway",
    }.ToFrozenDictionary(kind => kind, kind => new StateTable<ConfigEntry>("config-" + kind, StateJson.Default.ConfigEntry), StringComparer.Ordinal);

    /// <summary>The config entries of one kind other than <c>service-intentions</c>, by name in ASCII lower case (services CFG-1).</summary>
    public static StateTable<ConfigEntry> ConfigEntriesOf(string kind) => ConfigEntries[kind];

    /// <summary>The tables of all kinds.</summary>
    public static StateTable[] AllConfigEntries { get; } = [Intentions, .. ConfigEntries.Values];

    public static IReadOnlyList<StateTable> All { get; } =
    [
        .. AllConfigEntries, IntentionIds, Roots, CaConfiguration, ProviderRows, AclTokens, AclSecrets, AclPolicies, AclRoles, AclBootstraps, AuthMethods,
        BindingRules, Revocations, SerialMarks,
    ];
}
