namespace ConnectAgent.Http.Discovery;

internal static class DiscoveryApiServiceCollectionExtensions
{
    /// <summary>What of the catalog the agent's cache answers, whoever the servers are.</summary>
    public static IServiceCollection AddCachedDiscovery(this IServiceCollection services) => services.AddSingleton<WanAddresses>().AddSingleton<CachedReads>();
}
