using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;

namespace ConnectAgent.Agent.Catalog;

/// <summary>Reads a node of the catalog by its name, with its services (services CAT-14).</summary>
internal sealed class NodeRead : IServerReadKind<NodeName, NodeView>
{
    public static NodeRead Instance { get; } = new();

    public string Name => "catalog-node";

    public string NotServed => "the servers have no catalog of services (GET /v1/catalog/)";

    public string TargetOf(NodeName request) => $"/v1/catalog/node/{request.Escaped}?";

    /// <inheritdoc/>
    public NodeView Decode(NodeName request, ConsulAnswer answer) =>
        // The answer about a node that is not there (CAT-14).
        answer.Body.Span.Trim("\r\n \t"u8).SequenceEqual("null"u8) ? NodeView.None : answer.Parse(CatalogJson.Default.AnsweredNode).ToView(answer);
}
