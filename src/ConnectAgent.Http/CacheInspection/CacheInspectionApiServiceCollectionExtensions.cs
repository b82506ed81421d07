using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.CacheInspection;

internal static class CacheInspectionApiServiceCollectionExtensions
{
    /// <summary>The view of the cache.</summary>
    public static IServiceCollection AddCacheInspectionApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, CacheEndpoints>();
}
