using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>
/// How much the catalog holds; what one registration may hold is bounded where it is read. The reference has no bounds; no real mesh comes near these.
/// </summary>
internal static class CatalogBounds
{
    private const string Refused = "refused: 400";

    [Limit("catalog.nodes", "nodes", Refused, Refuses = true)]
    public static readonly CountBound Nodes = new("catalog.nodes", 100_000);

    [Limit("catalog.services_of_node", "services", Refused, Refuses = true)]
    public static readonly CountBound Services = new("catalog.services_of_node", 100_000);

    [Limit("catalog.services", "services", Refused, Refuses = true)]
    public static readonly CountBound AllServices = new("catalog.services", 1_000_000);

    /// <summary>Of a node and of what is on it.</summary>
    [Limit("catalog.checks_of_node", "checks", Refused, Refuses = true)]
    public static readonly CountBound Checks = new("catalog.checks_of_node", 200_000);

    /// <summary>Of one instance, or of a node itself: each read of its health shows them all.</summary>
    [Limit("catalog.checks_of_service", "checks", Refused, Refuses = true)]
    public static readonly CountBound ChecksOfService = new("catalog.checks_of_service", 1024);
}
