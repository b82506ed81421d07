using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Authority.BuiltIn;

internal static class BuiltInProviderServiceCollectionExtensions
{
    /// <summary>Adds the provider that keeps the CA's key in the state: <c>consul</c> (ca CA-40).</summary>
    public static IServiceCollection AddBuiltInProvider(this IServiceCollection services) =>
        services.AddSingleton<ICertificateProviderFactory, BuiltInProviderFactory>();
}
