using System.Net;
using System.Net.Sockets;

namespace ConnectAgent.Proxy.Pumping;

/// <summary>Connects, and sets up sockets as all of a proxy's are.</summary>
internal static class Dialer
{
    private const int KeepAliveSeconds = 30;

    /// <summary>Connects.</summary>
    /// <param name="endpoint">An IP address, a name or a Unix socket.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="clock">Of the limit.</param>
    /// <exception cref="SocketException">It cannot be connected to.</exception>
    public static async Task<Socket> ConnectAsync(EndPoint endpoint, TimeSpan limit, TimeProvider clock)
    {
        var socket = endpoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : endpoint is IPEndPoint ip ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            using var late = new CancellationTokenSource(limit, clock);
            await socket.ConnectAsync(endpoint, late.Token);
            SetUp(socket);
            return socket;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Small writes go at once, and a peer that vanished without a word is found.</summary>
    public static void SetUp(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
    }
}
