using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Intentions of a snapshot can be decided by: a decision that fails is no decision.</summary>
internal sealed class IntentionSnapshotRule : ISnapshotRule
{
    public Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        var state = image.State;
        foreach (var source in state.Rows(IntentionTables.Entries).Values.SelectMany(entry => entry.Sources))
        {
            Require(
                source.Permissions is { Count: > 0 } permissions
                    ? permissions.All(permission => permission.Http is not null && IsAction(permission.Action))
                    : IsAction(source.Action),
                "an intention in it neither allows nor denies");
        }

        Require(
            state.Rows(IntentionTables.Entries).Values.All(entry => !entry.IsLegacy || entry.Sources.All(source => source.LegacyId is not null)),
            "an entry in it has an ID for some of its intentions only");

        return Task.CompletedTask;
    }

    private static bool IsAction(string? action) => action is Intention.Allow or Intention.Deny;
}
