namespace ConnectAgent.Protocol.Services;

/// <summary>A write to the catalog: a node, and perhaps a service and checks on it, all or none of them (services CAT-1 to CAT-4).</summary>
/// <param name="Node">Its indexes are ignored. Its datacenter says whose catalog; empty for the local one.</param>
public sealed record CatalogRegistration(CatalogNode Node)
{
    /// <summary>Whether a node that is there stays as it is (CAT-3).</summary>
    public bool SkipNodeUpdate { get; init; }

    /// <summary>Its indexes are ignored.</summary>
    public NodeService? Service { get; init; }

    /// <summary>Their indexes are ignored.</summary>
    public IReadOnlyList<HealthCheck> Checks { get; init; } = [];
}

/// <summary>What leaves the catalog (services CAT-8): a service with its checks; else a check; else the node with everything.</summary>
/// <param name="Datacenter">Empty for the local one.</param>
/// <param name="Node">Its name.</param>
/// <param name="ServiceId">Empty for none.</param>
/// <param name="CheckId">Empty for none.</param>
public sealed record CatalogDeregistration(string Datacenter, string Node, string ServiceId = "", string CheckId = "");
