using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Proxy.Options;

/// <summary>The bounds of one proxy. A zero turns off the bounds that say so.</summary>
internal sealed record ProxyLimits
{
    /// <summary>The name of <see cref="Connections"/> in docs/limits.md.</summary>
    public const string ConnectionsName = "proxy.connections";

    /// <summary>The name of <see cref="ConnectionsPerPeer"/> in docs/limits.md.</summary>
    public const string PerPeerName = "proxy.connections_per_peer";

    /// <summary>The name of <see cref="Handshakes"/> in docs/limits.md.</summary>
    public const string HandshakesName = "proxy.handshakes";

    [Limit(ConnectionsName, "connections", "the newcomer is closed", Key = "-max-connections", Refuses = true)]
    public int Connections { get; init; } = 16_384;

    [Limit(PerPeerName, "connections", "the newcomer is closed", Key = "-max-connections-per-peer", Refuses = true)]
    public int ConnectionsPerPeer { get; init; } = 8192;

    /// <summary>Who floods the listener with connections that say nothing gets nobody else refused: the oldest of them goes.</summary>
    [Limit(HandshakesName, "connections", "the oldest of them is closed", Refuses = true)]
    public int Handshakes { get; init; } = 1024;

    [Limit("proxy.handshake", "s", "the connection is closed", Key = "-handshake-timeout")]
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Zero: never.</summary>
    [Limit("proxy.idle", "s, 0 is no limit", "the connection is closed", Key = "-idle-timeout")]
    public TimeSpan Idle { get; init; } = TimeSpan.FromHours(1);

    [Limit("proxy.drain", "s", "connections that are still open are closed", Key = "-drain-time")]
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);
}
