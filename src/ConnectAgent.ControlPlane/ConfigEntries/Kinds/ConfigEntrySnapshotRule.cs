using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Config entries of a snapshot can be read by whoever uses them.</summary>
internal sealed class ConfigEntrySnapshotRule : ISnapshotRule
{
    public Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        foreach (var kind in DocumentKinds.All)
        {
            Require(image.State.Rows(kind.Rows).Values.All(kind.IsReadable), $"a config entry of kind {kind.Name} in it is none");
        }

        return Task.CompletedTask;
    }
}
