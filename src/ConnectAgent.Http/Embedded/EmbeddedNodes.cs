using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.Http.Embedded;

/// <summary>A node with its services out of the control plane (services CAT-14).</summary>
internal sealed class EmbeddedNode(CatalogStore catalog, TokenResolver tokens) : IEmbeddedRead<NodeName, NodeView>
{
    public string Name => NodeRead.Instance.Name;

    public async Task<ServerRead<NodeView>> ReadAsync(NodeName request, ServerQuery query, CancellationToken cancellationToken)
    {
        tokens.Resolve(query.Token);
        var (node, index) = await catalog.NodeAsync(request.Value, ControlPlaneReads.Blocking(query, tokens), cancellationToken);
        var rights = tokens.Resolve(query.Token);
        var view = node is not null && rights.NodeRead(node.Node.Name)
            ? new NodeView(node.Node, node.Services.Where(service => rights.ServiceRead(service.Name)).ToDictionary(static service => service.Id, StringComparer.Ordinal))
            : NodeView.None;
        return new ServerRead<NodeView>(view, index);
    }
}

/// <summary>The checks of a node out of the control plane (services HLT-6).</summary>
internal sealed class EmbeddedNodeChecks(CatalogStore catalog, TokenResolver tokens) : IEmbeddedRead<NodeName, IReadOnlyList<HealthCheck>>
{
    public string Name => NodeChecksRead.Instance.Name;

    public async Task<ServerRead<IReadOnlyList<HealthCheck>>> ReadAsync(NodeName request, ServerQuery query, CancellationToken cancellationToken)
    {
        tokens.Resolve(query.Token);
        var (checks, index) = await catalog.ChecksAsync(
            state => CatalogReads.ChecksOfNode(state, request.Value), onNode: null, ControlPlaneReads.Blocking(query, tokens), cancellationToken);
        var rights = tokens.Resolve(query.Token);
        return new ServerRead<IReadOnlyList<HealthCheck>>([.. checks.Where(check => rights.MayRead(check))], index);
    }
}
