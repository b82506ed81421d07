using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>A service with its checks as they are here at one moment; or the node with those of its checks that belong to no service.</summary>
/// <param name="Id">The service's; empty for the node.</param>
/// <param name="Node">The agent's own.</param>
/// <param name="Service">Null: it is not registered here; always so for the node.</param>
/// <param name="Token">What its service is written under, or else what was; the agent's own for the node. Never shown or logged.</param>
/// <param name="Checks">Each with its token.</param>
/// <param name="HasCheck">Whether a check of this ID is here, of whatever service.</param>
internal sealed record LocalGroup(
    string Id, CatalogNode Node, NodeService? Service, string Token, IReadOnlyList<LocalGroup.Check> Checks, Func<string, bool> HasCheck)
{
    public bool IsNode => Id.Length == 0;

    /// <summary>Whether the node itself is written: a control plane in the same process does that for its own node (AE-4).</summary>
    public bool WritesNode { get; init; }

    // Records print their members; a token must not reach a log that way.
    public override string ToString() => Id;

    /// <summary>A check and what it is written under.</summary>
    internal readonly record struct Check(HealthCheck Health, string Token)
    {
        public override string ToString() => Health.CheckId;
    }
}
