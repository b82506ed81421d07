using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.State.Snapshots;

/// <summary>
/// What must hold of a snapshot's state before it replaces the one in use: an agent that cannot sign, or that nobody may administer, could not
/// even be repaired by the next snapshot. A checksum is no proof of content.
/// </summary>
internal sealed class SnapshotCheck(StateStore store, IEnumerable<ISnapshotRule> rules)
{
    /// <summary>Checks all of it; changes nothing.</summary>
    /// <exception cref="SnapshotException">Why it is refused.</exception>
    public async Task RequireAsync(StateImage image, CancellationToken cancellationToken)
    {
        RequireRoom(image.Index, store.LastIndex);
        RequireRoom(image.Serial, store.LastSerial);
        try
        {
            foreach (var rule in rules)
            {
                await rule.RequireAsync(image, store.Current, cancellationToken);
            }
        }
        catch (ServerException error)
        {
            throw new SnapshotException(error.Message, error);
        }
    }

    internal static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SnapshotException(otherwise);
        }
    }

    // Its own snapshots an agent takes wherever its counters are: they lift nothing.
    private static void RequireRoom(ulong counter, ulong own)
    {
        if (counter > Math.Max(StateCounter.HighestLifted, own))
        {
            throw new SnapshotException($"a counter in it is higher than {StateCounter.HighestLifted}") { Limit = StateCounter.LiftLimit };
        }
    }
}
