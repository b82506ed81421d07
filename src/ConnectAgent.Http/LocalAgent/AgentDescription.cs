namespace ConnectAgent.Http.LocalAgent;

/// <summary>The agent as it tells of itself (services AG-25). Holds no secret.</summary>
internal sealed record AgentDescription
{
    public required string Datacenter { get; init; }

    public required string PrimaryDatacenter { get; init; }

    public required string NodeName { get; init; }

    public required string NodeId { get; init; }

    public required IReadOnlyDictionary<string, string> NodeMeta { get; init; }

    /// <summary>Whether the control plane is in the same process.</summary>
    public required bool Server { get; init; }

    public required bool Bootstrap { get; init; }

    public required bool DevMode { get; init; }

    public required bool ConnectEnabled { get; init; }

    public required bool AclsEnabled { get; init; }

    public required bool EnableDebug { get; init; }

    public required string AdvertiseAddress { get; init; }

    /// <summary>As configured, by the names of <c>ports</c>; −1 is off.</summary>
    public required IReadOnlyDictionary<string, int> Ports { get; init; }

    public required string LogLevel { get; init; }
}
