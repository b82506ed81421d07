using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>
/// The rows of nodes, instances and checks. Each second key has the index of its last write, so a read of one service, or of one node, depends on
/// nothing else (services CAT-16).
/// </summary>
internal static class CatalogTables
{
    // Sorts before all that a node's name may have, so that rows are in the order of node names, and then of IDs (CAT-12).
    private const char Separator = '\u0001';

    private static readonly string[] All = [StateTable.OnlyKey];

    /// <summary>The instances of a service, by its name without case.</summary>
    public static SecondKey<CatalogService> ByName { get; } = new(static row => [NameKey.Of(row.Service.Name)]);

    /// <summary>The instances that mesh connections for a service go to (CAT-13).</summary>
    public static SecondKey<CatalogService> ByConnectName { get; } = new(static row => row.Service.ConnectName is { Length: > 0 } name ? [NameKey.Of(name)] : []);

    /// <summary>The instances on a node.</summary>
    public static SecondKey<CatalogService> ByNode { get; } = new(static row => [NameKey.Of(row.Node)]);

    /// <summary>All checks of a node and of what is on it.</summary>
    public static SecondKey<HealthCheck> ChecksByNode { get; } = new(static row => [NameKey.Of(row.Node)]);

    /// <summary>The checks of one instance (<see cref="KeyOf"/>).</summary>
    public static SecondKey<HealthCheck> ChecksByInstance { get; } = new(static row => row.ServiceId.Length > 0 ? [KeyOf(row.Node, row.ServiceId)] : []);

    /// <summary>The checks of a node itself.</summary>
    public static SecondKey<HealthCheck> NodeChecks { get; } = new(static row => row.ServiceId.Length > 0 ? [] : [NameKey.Of(row.Node)]);

    /// <summary>The checks of all nodes themselves, for reads of so many instances that nobody waits on each of their nodes.</summary>
    public static SecondKey<HealthCheck> AllNodeChecks { get; } = new(static row => row.ServiceId.Length > 0 ? [] : All);

    /// <summary>The checks of all instances of a service.</summary>
    public static SecondKey<HealthCheck> ChecksByService { get; } = new(static row => row.ServiceId.Length > 0 ? [NameKey.Of(row.ServiceName)] : []);

    /// <summary>The checks in a state.</summary>
    public static SecondKey<HealthCheck> ChecksByStatus { get; } = new(static row => [row.Status]);

    /// <summary>The node that has an ID.</summary>
    public static SecondKey<CatalogNode> NodesById { get; } = new(static row => row.Id.Length > 0 ? [NameKey.Of(row.Id)] : []);

    /// <summary>By name without case.</summary>
    public static StateTable<CatalogNode> Nodes { get; } = new(
        "catalog-nodes", SparseJson.Of(CatalogRowJson.Default.CatalogNode), static row => NameKey.Of(row.Name))
    {
        SecondKeys = [NodesById],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
        Renew = static row => row.Completed(),
    };

    /// <summary>By node and ID (<see cref="KeyOf"/>).</summary>
    public static StateTable<CatalogService> Services { get; } = new(
        "catalog-services", SparseJson.Of(CatalogRowJson.Default.CatalogService), static row => KeyOf(row.Node, row.Service.Id))
    {
        SecondKeys = [ByName, ByConnectName, ByNode],
        IndexOf = static row => Math.Max(row.Service.CreateIndex, row.Service.ModifyIndex),
        Renew = static row => row with { Service = row.Service.Completed() },
    };

    /// <summary>By node and check ID (<see cref="KeyOf"/>).</summary>
    public static StateTable<HealthCheck> Checks { get; } = new(
        "catalog-checks", SparseJson.Of(CatalogRowJson.Default.HealthCheck), static row => KeyOf(row.Node, row.CheckId))
    {
        SecondKeys = [ChecksByNode, ChecksByInstance, NodeChecks, AllNodeChecks, ChecksByService, ChecksByStatus],
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
        Renew = static row => row.Completed(),
    };

    /// <summary>The key of what has an ID on a node. IDs have case.</summary>
    public static string KeyOf(string node, string id) => NameKey.Of(node) + Separator + id;

    /// <summary>Whether a node may have this name: one with control characters could be mistaken for another's service.</summary>
    public static bool IsNodeName(string name) => !name.AsSpan().ContainsAnyInRange('\0', '\u001f');
}

/// <summary>An instance of a service on a node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Service">With its indexes.</param>
internal sealed record CatalogService(string Node, NodeService Service);
