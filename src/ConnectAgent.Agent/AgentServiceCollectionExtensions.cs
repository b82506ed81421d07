using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Caching;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Roots;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Agent;

internal static class AgentServiceCollectionExtensions
{
    /// <summary>Adds the agent's services; an <see cref="Servers.IServerClient"/> and an <see cref="AgentIdentity"/> come from the caller.</summary>
    public static IServiceCollection AddConnectAgent(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.AddMetrics();
        services.AddSingleton<CacheMetrics>().AddSingleton<AgentCache>().AddSingleton<CacheInspector>();
        services.AddSingleton<RootsKind>().AddSingleton<RootsService>();
        services.AddSingleton<LeafMetrics>().AddSingleton<LeafIssuer>().AddSingleton<LeafKind>().AddSingleton<LeafService>();
        return services.AddSingleton<IntentionMatchKind>().AddSingleton<Authorizer>();
    }
}
