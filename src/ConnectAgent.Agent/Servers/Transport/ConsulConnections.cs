using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client.Tls;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>Connections to the servers, pooled by server: HTTP/1.1, no proxy, no redirect, no cookie, everything bounded.</summary>
internal static class ConsulConnections
{
    /// <summary>Reads that may be held at once; more are polled (docs/design/0007-consul-servers.md).</summary>
    [Limit("servers.held_reads", "reads", "polled instead of held")]
    public const int MostHeld = 128;

    /// <summary>The name of <see cref="MostForwarded"/>.</summary>
    public const string ForwardedLimit = "servers.forwarded";

    /// <summary>Calls that may be on their way for others at once, those that are held included.</summary>
    [Limit(ForwardedLimit, "calls", "refused: 429", Refuses = true)]
    public const int MostForwarded = 40;

    // Below the 200 that a server allows one client (http-conventions CONN-1), with room for calls that do not hold.
    [Limit("servers.connections", "connections", "the call waits for a free one")]
    private const int MostConnections = 184;
    [Limit("servers.answer_headers", "KiB", "the answer counts as unreadable")]
    private const int LongestHeadersInKilobytes = 64;
    [Limit("servers.connect", "s", "the server counts as unreachable")]
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);
    [Limit("servers.idle_connection", "s", "the connection is closed")]
    private static readonly TimeSpan IdleLife = TimeSpan.FromMinutes(1);
    [Limit("servers.connection_life", "s", "the connection is replaced, and the name looked up anew")]
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    public static SocketsHttpHandler Create(ServerTls server)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = ConnectTime,
            ConnectCallback = ConnectAsync,
            MaxConnectionsPerServer = MostConnections,
            MaxResponseHeadersLength = LongestHeadersInKilobytes,
            PooledConnectionIdleTimeout = IdleLife,

            // A name is looked up anew now and then.
            PooledConnectionLifetime = Life,
        };
        handler.SslOptions = TlsOf(server);
        return handler;
    }

    private static SslClientAuthenticationOptions TlsOf(ServerTls server)
    {
        var tls = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateContext = server.Identity,
        };
        if (server.Authorities is { } authorities)
        {
            tls.CertificateChainPolicy = ServerTrust.In(authorities);
        }

        if (server.Name is { } name)
        {
            tls.RemoteCertificateValidationCallback = ServerTrust.Named(name);
        }

        return tls;
    }

    // A held read is silent for minutes: keep-alive probes find out that a host or the way to it is gone.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
