namespace ConnectAgent.Protocol.Services;

/// <summary>A service as its owner asks an agent to register it (services REG-1), decoded and not yet checked.</summary>
public sealed record ServiceDefinition
{
    /// <summary>As sent; an ID and a type of upstreams may still be missing (REG-13).</summary>
    public required NodeService Service { get; init; }

    /// <summary>Whether weights were sent (REG-4).</summary>
    public bool HasWeights { get; init; }

    /// <summary>First <c>Check</c>, unless nothing is set in it, then <c>Checks</c> (REG-11, REG-14).</summary>
    public IReadOnlyList<CheckRequest> Checks { get; init; } = [];

    /// <summary>The token that the service is registered in the catalog with, instead of the caller's (REG-17); empty for none. Never shown or logged.</summary>
    public string Token { get; init; } = string.Empty;

    /// <summary><c>Connect.SidecarService</c> (SIDE-1); null for none.</summary>
    public ServiceDefinition? Sidecar { get; init; }
}

/// <summary>A check as its owner asks for it: nested in a service, or by itself (services REG-2).</summary>
public sealed record CheckRequest
{
    /// <summary>One in which nothing is set.</summary>
    public static CheckRequest None { get; } = new();

    /// <summary>Empty: it gets one (REG-14, AG-9).</summary>
    public string CheckId { get; init; } = string.Empty;

    public string Name { get; init; } = string.Empty;

    /// <summary>Its first status; empty for critical.</summary>
    public string Status { get; init; } = string.Empty;

    public string Notes { get; init; } = string.Empty;

    /// <summary>Only of a check by itself.</summary>
    public string ServiceId { get; init; } = string.Empty;

    /// <summary>Only of a check by itself. Never shown or logged.</summary>
    public string Token { get; init; } = string.Empty;

    public CheckDefinition Definition { get; init; } = CheckDefinition.None;
}
