using System.Diagnostics.Metrics;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy;
using ConnectAgent.Proxy.Telemetry;

namespace ConnectAgent.Proxies;

internal static class ProxiesServiceCollectionExtensions
{
    /// <summary>The proxies that the agent runs itself.</summary>
    /// <param name="services">Where they are added.</param>
    /// <param name="ids">Of the registered proxies; empty: none run here.</param>
    /// <param name="agent">How this agent is reached.</param>
    public static IServiceCollection AddProxies(this IServiceCollection services, IReadOnlyList<string> ids, ApiOptions agent) => ids.Count == 0
        ? services
        : services.AddHostedService(provider =>
        {
            var clock = provider.GetRequiredService<TimeProvider>();
            var shared = new ProxyServices(
                new ProxyMetrics(provider.GetRequiredService<IMeterFactory>()), provider.GetRequiredService<LimitMetrics>(), clock, provider.GetRequiredService<ILoggerFactory>());
            return new ProxyHost(
                ids, agent, provider.GetRequiredService<LocalState>(), shared, provider.GetRequiredService<IHostApplicationLifetime>(), clock,
                provider.GetRequiredService<ILogger<ProxyHost>>());
        });
}
