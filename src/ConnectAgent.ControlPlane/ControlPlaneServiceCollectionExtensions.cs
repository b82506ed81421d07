using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Authority.BuiltIn;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.ControlPlane;

internal static class ControlPlaneServiceCollectionExtensions
{
    private const string StateFile = "state.db";

    /// <summary>Adds the embedded control plane. The order of the features is that of their rows in a snapshot, so it stays as it is.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="authority">The CA's options.</param>
    /// <param name="limits">Of blocking queries.</param>
    /// <param name="acl">The ACL options.</param>
    /// <param name="directory">Where the state is kept; null keeps it in memory.</param>
    /// <param name="snapshots">How large a snapshot may be; null for the default.</param>
    public static IServiceCollection AddControlPlane(
        this IServiceCollection services, AuthorityOptions authority, BlockingLimits limits, AclOptions acl, string? directory = null,
        SnapshotOptions? snapshots = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Random.Shared);
        return services
            .AddState(limits, directory is null ? null : Path.Combine(directory, StateFile), StateMigrations.Steps)
            .AddSnapshots(snapshots ?? new SnapshotOptions())
            .AddIntentions()
            .AddConfigEntries(new ConfigEntryOptions(acl.Datacenter))
            .AddChains()
            .AddCertificateAuthority(authority)
            .AddBuiltInProvider()
            .AddAcl(acl)
            .AddLogin()
            .AddRevocation()
            .AddCatalog(new CatalogOptions(acl.Datacenter))
            .AddPreparedQueries();
    }
}
