using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Login;

internal static class LoginApiServiceCollectionExtensions
{
    /// <summary>Auth methods, binding rules, login and logout.</summary>
    public static IServiceCollection AddLoginApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, AclAuthMethodEndpoints>()
            .AddSingleton<IWireEndpoints, AclBindingRuleEndpoints>()
            .AddSingleton<IWireEndpoints, AclLoginEndpoints>();
}
