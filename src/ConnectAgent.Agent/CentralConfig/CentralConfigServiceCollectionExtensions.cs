using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Caching;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Agent.CentralConfig;

internal static class CentralConfigServiceCollectionExtensions
{
    /// <summary>Adds central configuration of local proxies (services CENT-1 to CENT-5); goes with the local services.</summary>
    public static IServiceCollection AddCentralConfig(this IServiceCollection services)
    {
        services.AddCacheKind<ConfigEntriesKind>().AddSingleton<CentralConfigWatcher>();
        services.AddSingleton<ICentralConfigurationSource>(static provider => provider.GetRequiredService<CentralConfigWatcher>());
        return services.AddHostedService(static provider => provider.GetRequiredService<CentralConfigWatcher>());
    }
}
