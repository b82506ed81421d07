using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Tokens;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Agent.Servers.Consul;

internal static class ConsulServiceCollectionExtensions
{
    /// <summary>Adds the back end that talks to servers over HTTP.</summary>
    public static IServiceCollection AddConsulServers(
        this IServiceCollection services, ConsulServerOptions options, RemoteTokenOptions? tokens = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.TryAddSingleton<ServerContact>();
        services.AddMetrics();
        services.AddSingleton(options).AddSingleton<ServerSet>().AddSingleton<ConsulMetrics>().AddSingleton<ConsulServers>();
        services.AddSingleton(tokens ?? new RemoteTokenOptions()).AddSingleton<RemoteTokenMetrics>().AddSingleton<RemoteTokens>();
        services.TryAddSingleton(new RecoveryToken(string.Empty));
        services.AddSingleton<ITokenAuthority, ConsulTokenAuthority>();
        services.AddSingleton<IServerStatus>(static provider => provider.GetRequiredService<ConsulServers>());
        services.AddHostedService<ServerProbeService>();
        return services.AddSingleton<ConsulServerClient>().AddSingleton<IServerClient>(static provider => provider.GetRequiredService<ConsulServerClient>());
    }
}
