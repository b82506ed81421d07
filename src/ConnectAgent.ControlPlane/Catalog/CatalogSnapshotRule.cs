using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>Services and checks of a snapshot are on nodes that it has, and checks of services are of those that it has: reads follow them.</summary>
internal sealed class CatalogSnapshotRule : ISnapshotRule
{
    public Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        var state = image.State;
        Require(state.Rows(CatalogTables.Nodes).Values.All(static node => CatalogTables.IsNodeName(node.Name)), "a node in it has a name that none can have");
        Require(
            state.Rows(CatalogTables.Services).Values.All(row => CatalogRows.FindNode(state, row.Node) is not null && row.Service.Name.Length > 0),
            "a service in it is on a node that it does not have, or has no name");
        Require(
            state.Rows(CatalogTables.Checks).Values.All(check => CatalogRows.FindNode(state, check.Node) is not null
                && (check.ServiceId.Length == 0 || CatalogRows.FindService(state, check.Node, check.ServiceId) is not null)),
            "a check in it is of a node or a service that it does not have");
        return Task.CompletedTask;
    }
}
