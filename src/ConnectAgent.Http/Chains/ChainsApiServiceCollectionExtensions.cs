using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Chains;

internal static class ChainsApiServiceCollectionExtensions
{
    /// <summary>Discovery chains.</summary>
    public static IServiceCollection AddChainsApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, ChainEndpoints>();
}
