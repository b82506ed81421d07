using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Acl;

internal static class AclApiServiceCollectionExtensions
{
    /// <summary>Tokens, policies and roles.</summary>
    /// <param name="stateDirectory">Where an operator may open the bootstrap once more; null: nowhere.</param>
    public static IServiceCollection AddAclApi(this IServiceCollection services, string? stateDirectory) => services.AddSingleton(new BootstrapReset(stateDirectory))
            .AddSingleton<AclAccessGuard>()
            .AddSingleton<IWireEndpoints, AclEndpoints>()
            .AddSingleton<IWireEndpoints, AclTokenEndpoints>()
            .AddSingleton<IWireEndpoints, AclPolicyEndpoints>()
            .AddSingleton<IWireEndpoints, AclRoleEndpoints>();
}
