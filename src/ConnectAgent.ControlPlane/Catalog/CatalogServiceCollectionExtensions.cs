using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Catalog;

internal static class CatalogServiceCollectionExtensions
{
    /// <summary>Adds the catalog.</summary>
    public static IServiceCollection AddCatalog(this IServiceCollection services, CatalogOptions options)
    {
        services.AddStateTables([CatalogTables.Nodes, CatalogTables.Services, CatalogTables.Checks]).AddSingleton<ISnapshotRule, CatalogSnapshotRule>();
        return services.AddSingleton(options).AddSingleton<CatalogMetrics>().AddSingleton<CatalogStore>();
    }
}
