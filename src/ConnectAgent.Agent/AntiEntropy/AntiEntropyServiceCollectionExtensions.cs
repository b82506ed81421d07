using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.LocalServices;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Agent.AntiEntropy;

internal static class AntiEntropyServiceCollectionExtensions
{
    /// <summary>Adds what keeps the catalog true about this node. Goes before the local services, which it is the <see cref="ILocalSync"/> of.</summary>
    public static IServiceCollection AddCatalogSync(this IServiceCollection services, OwnNode node, SyncOptions options)
    {
        services.AddSingleton(node).AddSingleton(options).AddSingleton<SyncMetrics>().AddSingleton<SyncWriter>().AddSingleton<ClusterSize>().AddSingleton<CatalogSync>();
        services.AddSingleton<ILocalSync>(static provider => provider.GetRequiredService<CatalogSync>());
        return services.AddHostedService<CatalogSyncService>();
    }
}
