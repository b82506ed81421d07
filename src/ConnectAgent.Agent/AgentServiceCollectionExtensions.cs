using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Persistence;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Client.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

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
        services.AddSingleton<TokenGate>().AddSingleton<TokenMetrics>().AddSingleton<TokenWarden>();
        services.AddSingleton<CacheMetrics>().AddSingleton<AgentCache>().AddSingleton<CacheInspector>().AddSingleton<CacheNotifier>();
        services.AddSingleton<RootsKind>().AddSingleton<RootsService>().AddSingleton<RootsWatch>();
        services.AddSingleton<RevocationMetrics>().AddSingleton<RevokedLeaves>().AddSingleton<RevocationKind>().AddSingleton<RevocationService>();
        services.TryAddSingleton(new LeafOptions());
        services.AddSingleton<LeafMetrics>().AddSingleton<LeafIssuer>().AddSingleton<LeafKind>().AddSingleton<LeafService>();
        if (cacheDirectory is not null)
        {
            services.AddSingleton(provider => new SealedStore(
                cacheDirectory, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SealedStore>>()));
            services.AddSingleton<CachePersistence>();
        }

        services.AddSingleton<HealthKind>().AddSingleton<UpstreamHealth>();
        services.TryAddSingleton(new AuthorizeOptions());
        return services.AddSingleton<IntentionMatchKind>().AddSingleton<PeerGuard>().AddSingleton<Authorizer>();
    }
}
