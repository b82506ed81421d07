using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Ca;

internal static class CaApiServiceCollectionExtensions
{
    /// <summary>The control plane's certificate authority.</summary>
    public static IServiceCollection AddCaApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, ConnectCaEndpoints>()
            .AddSingleton<IWireEndpoints, CaConfigurationEndpoints>()
            .AddSingleton<IWireEndpoints, SigningEndpoints>();
}
