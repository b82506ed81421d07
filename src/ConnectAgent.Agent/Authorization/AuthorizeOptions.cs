using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Agent.Authorization;

/// <summary>How authorize decides.</summary>
internal sealed record AuthorizeOptions
{
    /// <summary>Whether the peer's trust domain, datacenter and namespace must be ours (intentions DEF-3, DEF-5). Off is parity.</summary>
    public bool Strict { get; init; }

    /// <summary>The datacenters that a strict agent takes peers from, besides its own; lower case.</summary>
    public IReadOnlyList<string> Datacenters { get; init; } = [];

    /// <summary>How permissions are evaluated.</summary>
    public HttpEvaluation Http { get; init; } = new();
}
