using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Http.Wire;

internal static class WireServiceCollectionExtensions
{
    /// <summary>What all resources share: taking requests, the rules for all of them, answers.</summary>
    public static IServiceCollection AddWire(this IServiceCollection services, WireOptions options)
    {
        services.AddSingleton(new WireSettings(options)).AddSingleton<WireDispatcher>().AddSingleton<WireRouter>().AddSingleton<KnownTargets>().AddSingleton<WireHeaders>();
        services.AddSingleton<IWireRule, BrowserGuard>().AddSingleton<RouteAccess>();
        services.AddSingleton<LiveStreams>().AddSingleton<LargeRequests>().AddSingleton<RequestHold>();
        services.AddSingleton<WireFailures>().AddSingleton<AclDenials>().AddSingleton<RefusalLog>();
        services.TryAddSingleton<LimitMetrics>();
        services.AddSingleton<AclMetrics>().AddSingleton<HttpMetrics>();
        return services.AddSingleton<RenderedBodies>();
    }
}
