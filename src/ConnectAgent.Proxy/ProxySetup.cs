using ConnectAgent.Client.Api;
using ConnectAgent.Proxy.Options;

namespace ConnectAgent.Proxy;

/// <summary>What one proxy is asked to be.</summary>
internal sealed record ProxySetup
{
    /// <summary>How its agent is reached, and with which token.</summary>
    public required ApiOptions Agent { get; init; }

    /// <summary>The ID of a registered proxy, which says what it does; null: <see cref="Fixed"/> does.</summary>
    public string? ProxyId { get; init; }

    /// <summary>What flags say that it does.</summary>
    public ProxyOptions? Fixed { get; init; }

    /// <summary>Whether it registers itself, and with what behind its name.</summary>
    public string? RegisterSuffix { get; init; }

    public InboundGiven Given { get; init; } = new(Protocol: null, SendsProxyHeader: false);

    public ProxyLimits Limits { get; init; } = new();

    /// <summary>Where the access log goes; null: nowhere.</summary>
    public Stream? AccessLog { get; init; }
}
