using ConnectAgent.Protocol.Certificates;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>Revocations of a snapshot are ones, and with those that are here no more than there may be: they outlive the restore.</summary>
internal sealed class RevocationSnapshotRule : ISnapshotRule
{
    public Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        var rows = image.State.Rows(RevocationTables.Revocations);
        foreach (var row in rows.Values)
        {
            var isOne = row.SerialNumber is { } serial ? SerialNumber.IsNormal(serial) && row.SpiffeId is null && row.SerialsBefore is null
                : row.SpiffeId is { Length: > 0 } && row.SerialsBefore is { } before && SerialNumber.IsNormal(before)
                    && SerialNumber.TryCount(before, out var count) && count <= image.Serial;
            Require(isOne, "a revocation in it is none");
        }

        // They outlive the restore (docs/design/0011-revocation.md).
        Require(
            rows.Keys.Union(current.Rows(RevocationTables.Revocations).Keys, StringComparer.Ordinal).Count() <= Revocations.Most,
            $"with those that are here, there would be more than {Revocations.Most} revocations");
        Require(
            image.State.Rows(RevocationTables.SerialMarks).Values.All(mark =>
                mark.Serial <= image.Serial && mark.LeafLife >= TimeSpan.Zero && mark.LeafLife <= Revocations.LongestStay),
            "a mark of serial numbers in it is of one that was never given out");
        return Task.CompletedTask;
    }
}
