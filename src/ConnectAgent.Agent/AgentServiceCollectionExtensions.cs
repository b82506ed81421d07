using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Agent.Tokens;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Inspection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Agent;

internal static class AgentServiceCollectionExtensions
{
    /// <summary>Adds the agent's services; an <see cref="Servers.IServerClient"/> and an <see cref="AgentIdentity"/> come from the caller.</summary>
    /// <param name="cacheDirectory">Where the cache is sealed; null: nowhere.</param>
    public static IServiceCollection AddConnectAgent(this IServiceCollection services, string? cacheDirectory = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.TryAddSingleton<ServerContact>();
        services.AddMetrics();
        services.AddAgentCache().AddCacheInspection().AddSingleton<ICacheGate, TokenGate>().AddSingleton<IContactSignal, ServerContactSignal>();
        services.AddSingleton<TokenMetrics>().AddSingleton<TokenWatcher>();
        services.AddCacheKind<RootsKind>().AddSingleton<RootsService>().AddSingleton<RootsWatch>();
        services.AddSingleton<RevocationMetrics>().AddSingleton<RevokedLeaves>().AddCacheKind<RevocationKind>().AddSingleton<RevocationService>();
        services.TryAddSingleton(new LeafOptions());
        services.AddSingleton<LeafMetrics>().AddSingleton<LeafIssuer>().AddCacheKind<LeafKind>().AddSingleton<LeafService>();
        if (cacheDirectory is not null)
        {
            services.AddSealedCache(cacheDirectory);
        }

        services.AddCacheKind<HealthKind>().AddCacheKind<InstancesKind>().AddCacheKind<ServicesKind>().AddCacheKind<DatacentersKind>()
            .AddCacheKind<ChainKind>().AddCacheKind<ExecuteKind>().AddSingleton<DiscoveryCache>();
        services.TryAddSingleton(new AuthorizeOptions());
        return services.AddCacheKind<IntentionMatchKind>().AddSingleton<PeerGuard>().AddSingleton<Authorizer>();
    }
}
