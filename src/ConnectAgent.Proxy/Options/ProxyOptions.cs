using System.Net;

namespace ConnectAgent.Proxy.Options;

/// <summary>What one proxy does: as whom, where it listens, and where it connects to.</summary>
internal sealed record ProxyOptions
{
    /// <summary>The service that it is; its certificate says so.</summary>
    public required string Service { get; init; }

    /// <summary>Null: nothing comes in.</summary>
    public InboundOptions? Inbound { get; init; }

    public IReadOnlyList<UpstreamOptions> Upstreams { get; init; } = [];
}

/// <summary>What comes in over the mesh.</summary>
/// <param name="Listen">Where.</param>
/// <param name="Local">The service itself.</param>
internal sealed record InboundOptions(EndPoint Listen, EndPoint Local)
{
    /// <summary><c>local_connect_timeout_ms</c> (clients PROXY-7).</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>handshake_timeout_ms</c>; null: as the limits say.</summary>
    public TimeSpan? HandshakeTime { get; init; }

    public InboundProtocol Protocol { get; init; }

    /// <summary>Whether the service hears who connects by the PROXY protocol, version 2.</summary>
    public bool SendsProxyHeader { get; init; }
}

/// <summary>What is looked at.</summary>
internal enum InboundProtocol
{
    /// <summary>Connections.</summary>
    Tcp,

    /// <summary>Requests of HTTP/1.1, and of HTTP/2 where the peer agrees on it in the handshake.</summary>
    Http,

    /// <summary>Requests of HTTP/2, gRPC among them.</summary>
    Http2,
}

/// <summary>One service that the application reaches through the proxy.</summary>
/// <param name="Name">Of the service or of the prepared query.</param>
/// <param name="Listen">Where the application connects to.</param>
internal sealed record UpstreamOptions(string Name, EndPoint Listen)
{
    public const string QueryType = "prepared_query";

    public bool IsQuery { get; init; }

    /// <summary>Null: the agent's own.</summary>
    public string? Datacenter { get; init; }

    /// <summary>Of the Unix socket, octal; null: as the umask says.</summary>
    public string? SocketMode { get; init; }

    /// <summary><c>connect_timeout_ms</c> (clients PROXY-7), of one instance.</summary>
    public TimeSpan ConnectTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>As the reference's log calls it.</summary>
    public override string ToString() => $"{(IsQuery ? QueryType : "service")}:default/{Name}";
}
