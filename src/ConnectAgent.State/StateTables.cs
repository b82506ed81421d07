using System.Collections.Frozen;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.State;

/// <summary>All tables of the state. A new one needs no change of the schema on disk; a renamed one needs a migration.</summary>
internal static class StateTables
{
    /// <summary>The <c>service-intentions</c> entries by destination in ASCII lower case (intentions IXN-1, IXN-5); second key: the IDs of ID based intentions.</summary>
    public static StateTable<IntentionEntry> Intentions { get; } = new(
        "intentions", StateJson.Default.IntentionEntry, static row => IntentionEntry.KeyOf(row.Name))
    {
        // So that an ID finds its entry without a walk (IXN-13).
        Group = ConfigTables.Group,
        SecondKeysOf = static row => row.IsLegacy ? row.Sources.Select(source => source.LegacyId!) : [],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>The CA's roots, under the one key <see cref="TheOne"/>; no key is in here.</summary>
    public static StateTable<AuthorityRoots> Roots { get; } = new("roots", StateJson.Default.AuthorityRoots, static _ => TheOne)
    {
        IndexOf = static row => row.Entries.Select(entry => Math.Max(entry.Root.CreateIndex, entry.Root.ModifyIndex)).DefaultIfEmpty().Max(),
    };

    /// <summary>The CA's configuration, under the one key <see cref="TheOne"/>; may hold a key.</summary>
    public static StateTable<CaConfiguration> CaConfiguration { get; } = new(
        "ca-configuration", StateJson.Default.CaConfiguration, static _ => TheOne)
    {
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>What the CA's provider keeps, by the id of its configuration: the key (ca CA-40, CA-41).</summary>
    public static StateTable<ProviderRow> ProviderRows { get; } = new("ca-provider", StateJson.Default.ProviderRow, static row => row.Id);

    /// <summary>Tokens by accessor; second key: the digest of the secret.</summary>
    public static StateTable<AclToken> AclTokens { get; } = new("acl-tokens", StateJson.Default.AclToken, static row => row.AccessorId)
    {
        SecondKeysOf = static row => [AclIds.DigestOf(row.SecretId)],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>Policies by ID; second key: <see cref="AclNames"/>.</summary>
    public static StateTable<AclPolicy> AclPolicies { get; } = new("acl-policies", StateJson.Default.AclPolicy, static row => row.Id)
    {
        SecondKeysOf = static row => [AclNames.KeyOf(row.Name)],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>Roles by ID; second key: <see cref="AclNames"/>.</summary>
    public static StateTable<AclRole> AclRoles { get; } = new("acl-roles", StateJson.Default.AclRole, static row => row.Id)
    {
        SecondKeysOf = static row => [AclNames.KeyOf(row.Name)],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>Whether the ACLs were bootstrapped, under the one key <see cref="TheOne"/>.</summary>
    public static StateTable<AclBootstrap> AclBootstraps { get; } = new("acl-bootstrap", StateJson.Default.AclBootstrap, static _ => TheOne)
    {
        IndexOf = static row => row.ResetIndex,
    };

    /// <summary>Auth methods by name as first written; second key: <see cref="AclNames"/>.</summary>
    public static StateTable<AuthMethod> AuthMethods { get; } = new("acl-auth-methods", StateJson.Default.AuthMethod, static row => row.Name)
    {
        SecondKeysOf = static row => [AclNames.KeyOf(row.Name)],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>Binding rules by ID.</summary>
    public static StateTable<BindingRule> BindingRules { get; } = new("acl-binding-rules", StateJson.Default.BindingRule, static row => row.Id)
    {
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>What the rights of tokens are worked out from.</summary>
    public static IReadOnlyList<StateTable> Rights { get; } = [AclTokens, AclPolicies, AclRoles];

    /// <summary>What is revoked, by <see cref="ControlPlane.Revocation.Revocations.KeyOf"/> (intentions DEF-12).</summary>
    public static StateTable<RevocationEntry> Revocations { get; } = new(
        "revocations", StateJson.Default.RevocationEntry, ControlPlane.Revocation.Revocations.KeyOf)
    {
        OutlivesRestore = true,
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>Which serial it was when, by serial: a fact that an older state does not change.</summary>
    public static StateTable<SerialMark> SerialMarks { get; } = new(
        "serial-marks", StateJson.Default.SerialMark, static row => ControlPlane.Revocation.SerialMarks.KeyOf(row.Serial))
    {
        OutlivesRestore = true,
    };

    /// <summary>The key of a table with one row.</summary>
    public const string TheOne = "";

    public static IReadOnlyList<StateTable> All { get; } =
    [
        Intentions, .. DocumentKinds.All.Select(kind => kind.Rows), Roots, CaConfiguration, ProviderRows, AclTokens, AclPolicies, AclRoles, AclBootstraps, AuthMethods, BindingRules,
        Revocations, SerialMarks,
    ];

    /// <summary>Tables of former revisions whose rows followed from others; what a snapshot has of them is passed over.</summary>
    public static FrozenSet<string> Former { get; } = FrozenSet.Create(StringComparer.Ordinal, "acl-secrets", "intention-ids");
}
