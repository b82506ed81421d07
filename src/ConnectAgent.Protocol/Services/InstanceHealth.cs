namespace ConnectAgent.Protocol.Services;

/// <summary>An instance with its node, and the checks of both (services HLT-1).</summary>
/// <param name="Node">Where it runs.</param>
/// <param name="Service">The instance.</param>
/// <param name="Checks">Sorted by check ID; never null.</param>
public sealed record InstanceHealth(CatalogNode Node, NodeService Service, IReadOnlyList<HealthCheck> Checks)
{
    /// <summary>Whether each check is passing; without checks it is (HLT-3).</summary>
    public bool IsPassing => Checks.All(static check => check.Status == CheckStatus.Passing);
}
