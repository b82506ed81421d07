using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Health;

internal static class HealthApiServiceCollectionExtensions
{
    /// <summary>The health of services out of the embedded control plane.</summary>
    public static IServiceCollection AddHealthApi(this IServiceCollection services) => services
        .AddSingleton<HealthViews>().AddSingleton<HealthReads>().AddSingleton<IEmbeddedRead>(static provider => provider.GetRequiredService<HealthReads>())
        .AddSingleton<IWireEndpoints, HealthEndpoints>().AddSingleton<IWireEndpoints, CheckEndpoints>();
}
