using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Caching.Inspection;

internal static class CacheInspectionServiceCollectionExtensions
{
    /// <summary>Adds what operators may see of the cache.</summary>
    public static IServiceCollection AddCacheInspection(this IServiceCollection services) => services.AddSingleton<CacheInspector>();
}
