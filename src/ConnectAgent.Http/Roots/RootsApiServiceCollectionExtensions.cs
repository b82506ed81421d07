using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Roots;

internal static class RootsApiServiceCollectionExtensions
{
    /// <summary>Whom to trust.</summary>
    public static IServiceCollection AddRootsApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, RootsEndpoints>();
}
