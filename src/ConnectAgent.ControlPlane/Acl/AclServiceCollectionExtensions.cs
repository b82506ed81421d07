using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.ControlPlane.Acl;

internal static class AclServiceCollectionExtensions
{
    /// <summary>Adds tokens, policies and roles, and what tokens may do.</summary>
    public static IServiceCollection AddAcl(this IServiceCollection services, AclOptions options)
    {
        services.TryAddSingleton(new RecoveryToken(string.Empty));
        services.AddStateTables(AclTables.All, former: "acl-secrets").AddSingleton<ISnapshotRule, AclSnapshotRule>();
        services.AddSingleton(options).AddSingleton<TokenResolver>();
        services.AddSingleton<AclTokenStore>().AddSingleton<AclPolicyStore>().AddSingleton<AclRoleStore>();
        return services.AddHostedService<ExpiredTokenService>();
    }
}
