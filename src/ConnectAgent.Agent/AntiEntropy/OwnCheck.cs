using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>
/// The check that stands for the agent itself in front of real servers (services AE-6): passing while it lives, critical at an orderly stop. Nobody turns it critical when
/// the host dies.
/// </summary>
internal static class OwnCheck
{
    public const string Id = NodeChecks.Agent;

    public static HealthCheck Of(CatalogNode node, bool isAlive) => new()
    {
        Node = node.Name,
        CheckId = Id,
        Name = "Connect Agent Status",
        Status = isAlive ? CheckStatus.Passing : CheckStatus.Critical,
        Output = isAlive ? "Agent alive and reachable" : "Agent stopped",
    };
}
