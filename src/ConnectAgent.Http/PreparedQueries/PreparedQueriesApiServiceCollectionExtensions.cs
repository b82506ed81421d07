using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.PreparedQueries;

internal static class PreparedQueriesApiServiceCollectionExtensions
{
    /// <summary>Prepared queries.</summary>
    public static IServiceCollection AddPreparedQueriesApi(this IServiceCollection services) =>
        services.AddSingleton<IEmbeddedRead, EmbeddedExecution>().AddSingleton<IWireEndpoints, PreparedQueryEndpoints>();
}
