using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>Connections to what is checked: a new one each time, and errors in the words that people know from the reference.</summary>
internal static class Dial
{
    /// <summary>Connects; the address of all interfaces is this host, as the reference has it.</summary>
    /// <exception cref="ProbeException">It failed.</exception>
    /// <exception cref="OperationCanceledException">There was no connection in time.</exception>
    public static async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(host is "0.0.0.0" ? "127.0.0.1" : host is "::" ? "::1" : host, port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException error)
        {
            socket.Dispose();
            throw new ProbeException($"dial tcp {IpLiteral.WithPort(host, port)}: {Words(error)}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Speaks TLS over a connection, which it owns from then on.</summary>
    /// <exception cref="ProbeException">It failed.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public static async ValueTask<SslStream> SecureAsync(Stream connection, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var secure = new SslStream(connection);
        try
        {
            await secure.AuthenticateAsClientAsync(options, cancellationToken);
            return secure;
        }
        catch (Exception error)
        {
            await secure.DisposeAsync();
            if (error is AuthenticationException or IOException)
            {
                throw new ProbeException($"tls: {(error.InnerException ?? error).Message}");
            }

            throw;
        }
    }

    /// <summary>What the system said of a connection, as the reference says it.</summary>
    public static string Words(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.ConnectionReset => "read: connection reset by peer",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.TimedOut => "i/o timeout",
        SocketError.HostNotFound or SocketError.NoData => "lookup: no such host",
        SocketError.TryAgain => "lookup: server misbehaving",
        _ => error.Message,
    };
}
