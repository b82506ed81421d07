using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Chains;

internal static class ChainsApiServiceCollectionExtensions
{
    /// <summary>Discovery chains.</summary>
    public static IServiceCollection AddChainsApi(this IServiceCollection services) => services
        .AddSingleton<ChainReads>().AddSingleton<IEmbeddedRead>(static provider => provider.GetRequiredService<ChainReads>())
        .AddSingleton<IWireEndpoints, ChainEndpoints>();
}
