using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.ControlPlane;

internal static class ControlPlaneServiceCollectionExtensions
{
    private const string StateFile = "state.db";

    /// <summary>Adds the embedded control plane.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="authority">The CA's options.</param>
    /// <param name="limits">Of blocking queries.</param>
    /// <param name="acl">The ACL options.</param>
    /// <param name="directory">Where the state is kept; null keeps it in memory.</param>
    public static IServiceCollection AddControlPlane(
        this IServiceCollection services, AuthorityOptions authority, BlockingLimits limits, AclOptions acl, string? directory = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.TryAddSingleton(new RecoveryToken(string.Empty));
        services.AddSingleton(authority).AddSingleton(limits).AddSingleton(acl);
        services.AddSingleton<IStateStorage>(_ =>
            directory is null ? new MemoryStateStorage() : new SqliteStateStorage(Path.Combine(directory, StateFile)));
        services.AddSingleton<StateStore>().AddSingleton<BlockingReader>();
        services.AddSingleton<AclTokenStore>().AddSingleton<AclPolicyStore>().AddSingleton<AclRoleStore>();
        services.AddSingleton<AuthMethodStore>().AddSingleton<BindingRuleStore>().AddSingleton<JwtVerifier>().AddSingleton<LoginService>();
        services.AddHostedService<AclReaper>();
        services.AddSingleton<RevocationStore>().AddHostedService<RevocationUpkeep>();
        services.AddCertificateAuthority();
        return services.AddSingleton<TokenResolver>().AddSingleton<SnapshotCheck>().AddSingleton<IntentionStore>()
            .AddSingleton<LegacyIntentionStore>().AddSingleton<IConfigEntryRule, IntentionProtocolRule>().AddSingleton<IConfigEntryRule, GatewayProtocolRule>()
            .AddSingleton<IConfigEntryRule, ServiceChainRule>().AddSingleton<ConfigEntryStore>().AddSingleton(new ConfigEntryOptions(acl.Datacenter));
    }
}
