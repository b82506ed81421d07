using ConnectAgent.Agent.Checks.Probes;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Agent.Checks;

internal static class ChecksServiceCollectionExtensions
{
    /// <summary>Runs the checks of the local services.</summary>
    public static IServiceCollection AddChecks(this IServiceCollection services, CheckOptions options) => services
        .AddSingleton(options)
        .AddSingleton<CheckMetrics>()
        .AddSingleton<ICheckReports, LocalReports>()
        .AddSingleton<CheckRuntime>()
        .AddSingleton<CriticalServices>()
        .AddSingleton<LocalChecks>()
        .AddHostedService(provider => provider.GetRequiredService<LocalChecks>());
}
