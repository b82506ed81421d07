using ConnectAgent.ControlPlane.ConfigEntries;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Chains;

internal static class ChainsServiceCollectionExtensions
{
    /// <summary>Adds discovery chains.</summary>
    public static IServiceCollection AddChains(this IServiceCollection services) =>
        services.AddSingleton<IConfigEntryRule, ChainRule>().AddSingleton<ChainStore>();
}
