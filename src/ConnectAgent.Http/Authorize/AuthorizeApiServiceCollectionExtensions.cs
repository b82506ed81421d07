using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Authorize;

internal static class AuthorizeApiServiceCollectionExtensions
{
    /// <summary>Who may connect.</summary>
    public static IServiceCollection AddAuthorizeApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, AuthorizeEndpoints>();
}
