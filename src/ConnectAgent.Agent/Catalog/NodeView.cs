using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Catalog;

/// <summary>A node with its services, as the catalog has them (services CAT-14); what the reader may not see is left out.</summary>
/// <param name="Node">Null: the catalog has no such node.</param>
/// <param name="Services">By ID.</param>
public sealed record NodeView(CatalogNode? Node, IReadOnlyDictionary<string, NodeService> Services)
{
    public static NodeView None { get; } = new(null, new Dictionary<string, NodeService>());
}
