using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>The rows of auth methods and binding rules.</summary>
internal static class LoginTables
{
    /// <summary><see cref="AclNames"/>.</summary>
    public static SecondKey<AuthMethod> ByName { get; } = new(static row => [AclNames.KeyOf(row.Name)]);

    /// <summary>By name as first written.</summary>
    public static StateTable<AuthMethod> AuthMethods { get; } = new("acl-auth-methods", LoginRowJson.Default.AuthMethod, static row => row.Name)
    {
        SecondKeys = [ByName],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>By ID (<see cref="AclIds.KeyOf"/>).</summary>
    public static StateTable<BindingRule> BindingRules { get; } = new("acl-binding-rules", LoginRowJson.Default.BindingRule, static row => row.Id)
    {
        Normal = AclIds.KeyOf,
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    public static IReadOnlyList<StateTable> All { get; } = [AuthMethods, BindingRules];
}
