using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.ControlPlane.Revocation;

internal static class RevocationServiceCollectionExtensions
{
    /// <summary>Adds revocations (docs/design/0011-revocation.md).</summary>
    public static IServiceCollection AddRevocation(this IServiceCollection services)
    {
        services.AddStateTables(RevocationTables.All).AddSingleton<ISnapshotRule, RevocationSnapshotRule>();
        return services.AddSingleton<RevocationStore>().AddSingleton<RevocationListSigner>().AddHostedService<RevocationUpkeepService>();
    }
}
