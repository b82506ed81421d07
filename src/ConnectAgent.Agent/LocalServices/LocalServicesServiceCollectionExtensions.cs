using ConnectAgent.Caching;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Agent.LocalServices;

internal static class LocalServicesServiceCollectionExtensions
{
    /// <summary>Adds the services and checks of this agent. What syncs them with the catalog is registered before, and else nobody hears of them.</summary>
    public static IServiceCollection AddLocalServices(this IServiceCollection services, LocalServiceOptions options)
    {
        services.TryAddSingleton<ILocalSync, NoSync>();
        return services.AddSingleton(options).AddSingleton<LocalStore>().AddSingleton<KeptResults>().AddSingleton<LocalState>().AddSingleton<LocalRegistry>()
            .AddCacheKind<LocalServiceKind>();
    }
}
