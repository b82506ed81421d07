using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>The rows of tokens, policies and roles.</summary>
internal static class AclTables
{
    /// <summary>The digest of a token's secret.</summary>
    public static SecondKey<AclToken> BySecret { get; } = new(static row => [AclIds.DigestOf(row.SecretId)]);

    /// <summary>By accessor (<see cref="AclIds.KeyOf"/>).</summary>
    public static StateTable<AclToken> Tokens { get; } = new("acl-tokens", AclRowJson.Default.AclToken, static row => row.AccessorId)
    {
        DecidesRights = true,
        Normal = AclIds.KeyOf,
        SecondKeys = [BySecret],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary><see cref="AclNames"/>.</summary>
    public static SecondKey<AclPolicy> PoliciesByName { get; } = new(static row => [AclNames.KeyOf(row.Name)]);

    /// <summary>By ID (<see cref="AclIds.KeyOf"/>).</summary>
    public static StateTable<AclPolicy> Policies { get; } = new("acl-policies", AclRowJson.Default.AclPolicy, static row => row.Id)
    {
        DecidesRights = true,
        Normal = AclIds.KeyOf,
        SecondKeys = [PoliciesByName],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary><see cref="AclNames"/>.</summary>
    public static SecondKey<AclRole> RolesByName { get; } = new(static row => [AclNames.KeyOf(row.Name)]);

    /// <summary>By ID (<see cref="AclIds.KeyOf"/>).</summary>
    public static StateTable<AclRole> Roles { get; } = new("acl-roles", AclRowJson.Default.AclRole, static row => row.Id)
    {
        DecidesRights = true,
        Normal = AclIds.KeyOf,
        SecondKeys = [RolesByName],
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
