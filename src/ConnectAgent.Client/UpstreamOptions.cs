using System.Net.Security;

namespace ConnectAgent.Client;

/// <summary>A service that is connected to.</summary>
public sealed class UpstreamOptions
{
    /// <summary>The service's name.</summary>
    public required string Service { get; init; }

    /// <summary>The datacenter in which it is looked for; null: that of the agent.</summary>
    public string? Datacenter { get; init; }

    /// <summary>How long one instance may take to accept a connection; 10 s unless it is set.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the handshake with one instance may take; 10 s unless it is set.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many instances are tried for one connection; 5 unless it is set.</summary>
    public int Attempts { get; set; } = 5;

    /// <summary>What is offered as the protocol inside of TLS (ALPN); empty: nothing.</summary>
    public IReadOnlyList<SslApplicationProtocol> ApplicationProtocols { get; set; } = [];
}
