using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Snapshots;

internal static class SnapshotsApiServiceCollectionExtensions
{
    /// <summary>Saving and restoring the state.</summary>
    public static IServiceCollection AddSnapshotsApi(this IServiceCollection services) => services.AddSingleton<IWireEndpoints, SnapshotEndpoints>();
}
