using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Status;

internal static class StatusApiServiceCollectionExtensions
{
    /// <summary>The consensus.</summary>
    public static IServiceCollection AddStatusApi(this IServiceCollection services, StatusOptions options) => services.AddSingleton(options).AddSingleton<IWireEndpoints, StatusEndpoints>();
}
