using ConnectAgent.Client.Api;

namespace ConnectAgent.Watches;

internal static class WatchesServiceCollectionExtensions
{
    /// <summary>The watches of the configuration.</summary>
    /// <param name="services">Where they are added.</param>
    /// <param name="watches">Those of the start.</param>
    /// <param name="agent">How this agent is reached.</param>
    public static IServiceCollection AddWatches(this IServiceCollection services, IReadOnlyList<WatchDefinition> watches, ApiOptions agent)
    {
        services.AddSingleton(provider => new WatchService(
            watches, agent, provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<WatchService>>()));
        return services.AddHostedService(static provider => provider.GetRequiredService<WatchService>());
    }
}
