using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Checks;

internal static class ChecksApiServiceCollectionExtensions
{
    /// <summary>The checks of this agent.</summary>
    public static IServiceCollection AddChecksApi(this IServiceCollection services) => services
        .AddSingleton<CheckRights>()
        .AddSingleton<IWireEndpoints, CheckEndpoints>()
        .AddSingleton<IWireEndpoints, CheckUpdateEndpoints>();
}
