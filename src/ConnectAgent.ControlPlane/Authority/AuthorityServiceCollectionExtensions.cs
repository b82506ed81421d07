using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Authority;

internal static class AuthorityServiceCollectionExtensions
{
    /// <summary>Adds the certificate authority; its providers are added beside it, and its upkeep is the caller's to host (<see cref="AuthorityUpkeepService"/>).</summary>
    public static IServiceCollection AddCertificateAuthority(this IServiceCollection services, AuthorityOptions options)
    {
        services.AddMetrics();
        services.AddStateTables(AuthorityTables.All).AddSingleton<ISnapshotRule, AuthoritySnapshotRule>();
        services.AddSingleton(options).AddSingleton<ProviderRegistry>();
        services.AddSingleton<AuthorityMetrics>().AddSingleton<ProviderPreparation>().AddSingleton<ActiveSigner>();
        return services.AddSingleton<AuthorityChange>().AddSingleton<AuthorityManager>().AddSingleton<CertificateAuthority>().AddSingleton<AuthorityUpkeepService>();
    }
}
