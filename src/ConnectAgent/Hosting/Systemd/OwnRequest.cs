using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using ConnectAgent.Configuration;

namespace ConnectAgent.Hosting.Systemd;

/// <summary>
/// Asks the agent as its callers do, over the first address that it listens on: whether it still accepts, reads, finds a route and answers. It needs no
/// token and no server, and any answer is one, a refusal too.
/// </summary>
internal sealed class OwnRequest(AgentConfiguration configuration, TimeProvider clock)
{
    private static readonly byte[] Request = Encoding.ASCII.GetBytes("OPTIONS /v1/agent/self HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

    /// <summary>Asks.</summary>
    /// <param name="limit">How long an answer may take.</param>
    /// <param name="cancellationToken">The agent ends.</param>
    /// <returns>Whether it came.</returns>
    public async Task<bool> IsAnsweredAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        var isPlain = configuration.HttpListeners.Count > 0;
        try
        {
            using var socket = await ConnectAsync((isPlain ? configuration.HttpListeners : configuration.HttpsListeners)[0], either.Token);
            await using var stream = new NetworkStream(socket);
            if (isPlain)
            {
                await stream.WriteAsync(Request, either.Token);
                return await stream.ReadAsync(new byte[1], either.Token) > 0;
            }

            // It trusts nothing and shows nothing: that the agent goes on with the handshake, or ends it, is the answer.
            await using var tls = new SslStream(stream);
#pragma warning disable CA5359 // As said.
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = configuration.NodeName, RemoteCertificateValidationCallback = static (_, _, _, _) => true }, either.Token);
#pragma warning restore CA5359
            return true;
        }
        catch (AuthenticationException)
        {
            return true;
        }
        catch (Exception error) when (error is SocketException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private static async Task<Socket> ConnectAsync(ListenAddress address, CancellationToken cancellationToken)
    {
        EndPoint endpoint = address switch
        {
            UnixListenAddress unix => new UnixDomainSocketEndPoint(unix.Path),
            TcpListenAddress tcp => new IPEndPoint(HostOf(tcp.Address), tcp.Port),
            _ => throw new InvalidOperationException(address.ToString()),
        };
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endpoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPAddress HostOf(IPAddress address) =>
        address.Equals(IPAddress.Any) ? IPAddress.Loopback : address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : address;
}
