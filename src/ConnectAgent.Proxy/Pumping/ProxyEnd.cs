using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace ConnectAgent.Proxy.Pumping;

/// <summary>One end of a proxied connection: a socket, and the stream over it, which may be TLS.</summary>
/// <param name="socket">It.</param>
/// <param name="stream">What is read and written.</param>
internal sealed class ProxyEnd(Socket socket, Stream stream) : IDisposable
{
    private static readonly LingerOption AtOnce = new(true, 0);

    public Stream Stream => stream;

    public EndPoint? Remote { get; } = RemoteOf(socket);

    public EndPoint? Local { get; } = LocalOf(socket);

    /// <summary>An end without TLS.</summary>
    public static ProxyEnd Plain(Socket socket) => new(socket, new NetworkStream(socket, ownsSocket: false));

    /// <summary>No more is written; what is still to be read is read.</summary>
    public async ValueTask EndWritesAsync()
    {
        if (stream is SslStream tls)
        {
            await tls.ShutdownAsync();
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>
    /// Cuts the connection: whatever is read or written at the moment fails, and the other side hears of a reset and not of an end, because it may not take
    /// what came so far for everything.
    /// </summary>
    public void Cut()
    {
        try
        {
            socket.LingerState = AtOnce;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is closed, or a Unix socket.
        }

        socket.Dispose();
    }

    public void Dispose()
    {
        stream.Dispose();
        socket.Dispose();
    }

    private static EndPoint? RemoteOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            return null; // It has gone already.
        }
    }

    private static EndPoint? LocalOf(Socket socket)
    {
        try
        {
            return socket.LocalEndPoint;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
