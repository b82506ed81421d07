using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.State.Snapshots;

internal static class SnapshotServiceCollectionExtensions
{
    /// <summary>Adds what snapshots of the state are held to; features add their own rules (<see cref="ISnapshotRule"/>).</summary>
    public static IServiceCollection AddSnapshots(this IServiceCollection services, SnapshotOptions options) =>
        services.AddSingleton(options).AddSingleton<SnapshotCheck>();
}
