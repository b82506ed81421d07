namespace ConnectAgent.Http.Wire;

internal static class WireServiceCollectionExtensions
{
    /// <summary>What all resources share: taking requests, the rules for all of them, answers.</summary>
    public static IServiceCollection AddWire(this IServiceCollection services, WireOptions options) => services.AddSingleton(options)
            .AddSingleton<BrowserGuard>()
            .AddSingleton<RefusalLog>()
            .AddSingleton<LargeRequests>()
            .AddSingleton<AclDenials>()
            .AddSingleton<HitLane>()
            .AddSingleton<HitReply>()
            .AddSingleton<HitRights>()
            .AddSingleton<AclMetrics>()
            .AddSingleton<HttpMetrics>();
}
