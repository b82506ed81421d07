using System.Diagnostics.CodeAnalysis;
using ConnectAgent.Caching.Sealing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching;

internal static class CachingServiceCollectionExtensions
{
    /// <summary>Adds the cache engine; an <see cref="ICacheGate"/> and an <see cref="IContactSignal"/> come from the caller.</summary>
    public static IServiceCollection AddAgentCache(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        services.AddMetrics();
        return services.AddSingleton<CacheMetrics>().AddSingleton<AgentCache>().AddSingleton<CacheNotifier>();
    }

    /// <summary>Adds a cache type: the one registration that it needs.</summary>
    public static IServiceCollection AddCacheKind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TKind>(this IServiceCollection services)
        where TKind : CacheKind => services.AddSingleton<TKind>().AddSingleton<CacheKind>(static provider => provider.GetRequiredService<TKind>());

    /// <summary>Has what the cache holds sealed in a directory.</summary>
    public static IServiceCollection AddSealedCache(this IServiceCollection services, string directory)
    {
        services.AddSingleton(provider => new SealedStore(
            directory, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SealedStore>>()));
        services.AddSingleton<CacheSealer>().AddSingleton<ICacheObserver>(static provider => provider.GetRequiredService<CacheSealer>());
        return services.AddSingleton<SealedCache>();
    }
}
