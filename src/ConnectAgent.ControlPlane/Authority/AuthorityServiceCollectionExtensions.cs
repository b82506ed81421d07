using ConnectAgent.ControlPlane.Authority.BuiltIn;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Authority;

internal static class AuthorityServiceCollectionExtensions
{
    /// <summary>Adds the certificate authority; its upkeep is the caller's to host (<see cref="AuthorityKeeper"/>).</summary>
    public static IServiceCollection AddCertificateAuthority(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<ICertificateProviderFactory, BuiltInProviderFactory>().AddSingleton<ProviderRegistry>();
        services.AddSingleton<AuthorityMetrics>().AddSingleton<ProviderPreparation>().AddSingleton<ActiveSigner>();
        return services.AddSingleton<AuthorityChange>().AddSingleton<AuthorityManager>().AddSingleton<CertificateAuthority>().AddSingleton<AuthorityKeeper>();
    }
}
