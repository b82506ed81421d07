using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.PreparedQueries;

internal static class PreparedQueriesServiceCollectionExtensions
{
    /// <summary>Adds prepared queries; the catalog that they look into is added by itself.</summary>
    public static IServiceCollection AddPreparedQueries(this IServiceCollection services)
    {
        services.AddStateTables([PreparedQueryTables.Queries]).AddSingleton<ISnapshotRule, PreparedQuerySnapshotRule>();
        return services.AddSingleton<PreparedQueryMetrics>().AddSingleton<PreparedQueryStore>().AddSingleton<QueryExecution>().AddSingleton<IOtherDatacenters, NoOtherDatacenters>();
    }
}
