namespace ConnectAgent.Agent.LocalServices;

/// <summary>How services register with this agent.</summary>
internal sealed record LocalServiceOptions
{
    /// <summary>Where registrations are kept; null: in memory.</summary>
    public string? Directory { get; init; }

    /// <summary>The first port that a sidecar without one may get, inclusive; 0 or less: none is given out (services SIDE-4).</summary>
    public int SidecarMinPort { get; init; } = 21000;

    /// <summary>The last one, inclusive.</summary>
    public int SidecarMaxPort { get; init; } = 21255;
}
