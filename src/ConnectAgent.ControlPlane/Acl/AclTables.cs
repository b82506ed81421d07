using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>The rows of tokens, policies and roles.</summary>
internal static class AclTables
{
    /// <summary>By accessor (<see cref="AclIds.KeyOf"/>); second key: the digest of the secret.</summary>
    public static StateTable<AclToken> Tokens { get; } = new("acl-tokens", AclRowJson.Default.AclToken, static row => row.AccessorId)
    {
        DecidesRights = true,
        Normal = AclIds.KeyOf,
        SecondKeysOf = static row => [AclIds.DigestOf(row.SecretId)],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>By ID (<see cref="AclIds.KeyOf"/>); second key: <see cref="AclNames"/>.</summary>
    public static StateTable<AclPolicy> Policies { get; } = new("acl-policies", AclRowJson.Default.AclPolicy, static row => row.Id)
    {
        DecidesRights = true,
        Normal = AclIds.KeyOf,
        SecondKeysOf = static row => [AclNames.KeyOf(row.Name)],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>By ID (<see cref="AclIds.KeyOf"/>); second key: <see cref="AclNames"/>.</summary>
    public static StateTable<AclRole> Roles { get; } = new("acl-roles", AclRowJson.Default.AclRole, static row => row.Id)
    {
        DecidesRights = true,
        Normal = AclIds.KeyOf,
        SecondKeysOf = static row => [AclNames.KeyOf(row.Name)],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>Whether the ACLs were bootstrapped, under <see cref="StateTable.OnlyKey"/>.</summary>
    public static StateTable<AclBootstrap> Bootstraps { get; } = new("acl-bootstrap", AclRowJson.Default.AclBootstrap, static _ => StateTable.OnlyKey)
    {
        IndexOf = static row => row.ResetIndex,
    };

    public static IReadOnlyList<StateTable> All { get; } = [Tokens, Policies, Roles, Bootstraps];

    /// <summary>What the rights of tokens are worked out from.</summary>
    public static IReadOnlyList<StateTable> Rights { get; } = [.. All.Where(static table => table.DecidesRights)];
}
