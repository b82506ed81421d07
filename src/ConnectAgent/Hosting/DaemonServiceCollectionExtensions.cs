using ConnectAgent.Configuration;
using ConnectAgent.Http.Hosting;
using ConnectAgent.Proxies;
using ConnectAgent.Telemetry;
using ConnectAgent.Watches;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>The composition root: the agent with its API, and what belongs to the process.</summary>
internal static class DaemonServiceCollectionExtensions
{
    public static void AddDaemon(this IServiceCollection services, AgentConfiguration configuration)
    {
        services.AddAgentApi(Bound.Setup(configuration));
        services.AddSingleton<BlockPools>().AddSingleton<IMemoryPoolFactory<byte>>(provider => provider.GetRequiredService<BlockPools>());
        services.AddHostedService<IdleMemory>();
        services.AddWatches(configuration.Watches, Bound.OwnApi(configuration));
        services.AddProxies(configuration.Proxies, Bound.OwnApi(configuration));
        services.AddOtlpExport(configuration.OtlpEndpoint);
    }
}
