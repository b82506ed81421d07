using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.ControlPlane;

internal static class ControlPlaneServiceCollectionExtensions
{
    /// <summary>Adds the embedded control plane; it lives in memory.</summary>
    public static IServiceCollection AddControlPlane(this IServiceCollection services, AuthorityOptions authority, BlockingLimits limits, AclOptions acl)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.AddSingleton(authority).AddSingleton(limits).AddSingleton(acl);
        services.AddSingleton<IStateStorage, MemoryStateStorage>().AddSingleton<StateStore>().AddSingleton<BlockingReader>();
        return services.AddSingleton<TokenResolver>().AddSingleton<CertificateAuthority>().AddSingleton<IntentionStore>();
    }
}
