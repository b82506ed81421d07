namespace ConnectAgent.Protocol.Services;

/// <summary>What a proxy connects to (services DATA-4).</summary>
public sealed record Upstream
{
    /// <summary>Empty, <c>service</c> or <c>prepared_query</c>; a registration with the agent fills it (REG-13), one with the catalog does not (DATA-6).</summary>
    public string DestinationType { get; init; } = string.Empty;

    public string DestinationNamespace { get; init; } = string.Empty;

    public string DestinationName { get; init; } = string.Empty;

    public string Datacenter { get; init; } = string.Empty;

    public string LocalBindAddress { get; init; } = string.Empty;

    public int LocalBindPort { get; init; }

    public string LocalBindSocketPath { get; init; } = string.Empty;

    public string LocalBindSocketMode { get; init; } = string.Empty;

    /// <summary>As <see cref="ProxyConfig.Config"/>.</summary>
    public string? Config { get; init; }

    public string MeshGatewayMode { get; init; } = string.Empty;

    /// <summary>Whether it stands in central configuration only; never on the wire, but hashed (HASH-5).</summary>
    public bool CentrallyConfigured { get; init; }
}
