using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Agent.Servers.Consul;

internal static class ConsulServiceCollectionExtensions
{
    /// <summary>Adds the back end that talks to servers over HTTP.</summary>
    public static IServiceCollection AddConsulServers(this IServiceCollection services, ConsulServerOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.AddMetrics();
        services.AddSingleton(options).AddSingleton<ConsulMetrics>().AddSingleton<ConsulServers>();
        return services.AddSingleton<IServerClient, ConsulServerClient>();
    }
}
