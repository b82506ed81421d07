using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Prepared queries of a snapshot can be executed, and none is mistaken for another.</summary>
internal sealed class PreparedQuerySnapshotRule : ISnapshotRule
{
    public Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        Require(image.State.Rows(PreparedQueryTables.Queries).Values.All(query => IsGood(image.State, query)), "a prepared query in it is none");
        return Task.CompletedTask;
    }

    private static bool IsGood(StateSnapshot state, PreparedQuery query)
    {
        try
        {
            PreparedQueryRules.Check(query);
            PreparedQueryRules.Check(state, query);
            return Guid.TryParseExact(query.Id, "D", out _);
        }
        catch (ServerException)
        {
            return false;
        }
    }
}
