using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.LocalServices;

internal static class LocalServicesApiServiceCollectionExtensions
{
    /// <summary>The services of this agent.</summary>
    public static IServiceCollection AddLocalServicesApi(this IServiceCollection services) => services
        .AddSingleton<IWireEndpoints, RegistrationEndpoints>()
        .AddSingleton<IWireEndpoints, MaintenanceEndpoints>()
        .AddSingleton<LocalServiceReader>()
        .AddSingleton<IWireEndpoints, LocalServiceEndpoints>()
        .AddSingleton<IWireEndpoints, LocalHealthEndpoints>();
}
