namespace ConnectAgent.Protocol.Services;

/// <summary>What a proxy or a gateway is configured with (services DATA-3, DATA-6). An empty text, a zero and an empty list mean unset.</summary>
public sealed record ProxyConfig
{
    public static ProxyConfig Empty { get; } = new();

    public string DestinationServiceName { get; init; } = string.Empty;

    public string DestinationServiceId { get; init; } = string.Empty;

    public string LocalServiceAddress { get; init; } = string.Empty;

    public int LocalServicePort { get; init; }

    public string LocalServiceSocketPath { get; init; } = string.Empty;

    public string Mode { get; init; } = string.Empty;

    /// <summary>Null when unset; one of zeros is as good as none.</summary>
    public TransparentProxy? TransparentProxy { get; init => field = value is { OutboundListenerPort: 0, DialedDirectly: false } ? null : value; }

    /// <summary>An object in <see cref="Json.SortedJson"/>'s form, nulls inside included (REG-19); null when unset.</summary>
    public string? Config { get; init; }

    public IReadOnlyList<Upstream> Upstreams { get; init; } = [];

    public string MeshGatewayMode { get; init; } = string.Empty;

    public ExposeConfig Expose { get; init; } = ExposeConfig.Empty;
}

/// <summary>How traffic is taken without being asked for (services DATA-3).</summary>
public sealed record TransparentProxy(int OutboundListenerPort, bool DialedDirectly);

/// <summary>Paths that are served beside the mesh (services DATA-3).</summary>
/// <param name="Checks">Whether those of the checks are.</param>
/// <param name="Paths">Never null.</param>
public sealed record ExposeConfig(bool Checks, IReadOnlyList<ExposePath> Paths)
{
    public static ExposeConfig Empty { get; } = new(false, []);
}

/// <summary>One of them.</summary>
public sealed record ExposePath
{
    public int ListenerPort { get; init; }

    public string Path { get; init; } = string.Empty;

    public int LocalPathPort { get; init; }

    public string Protocol { get; init; } = string.Empty;

    public bool ParsedFromCheck { get; init; }
}
