using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Metrics;

internal static class MetricsApiServiceCollectionExtensions
{
    /// <summary>The agent in numbers.</summary>
    public static IServiceCollection AddMetricsApi(this IServiceCollection services, MetricsOptions options) => services.AddSingleton(options)
            .AddSingleton<MetricsReader>()
            .AddSingleton<IWireEndpoints, MetricsEndpoints>();
}
