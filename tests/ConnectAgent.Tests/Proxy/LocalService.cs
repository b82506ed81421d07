using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ConnectAgent.Tests.Proxy;

/// <summary>A service behind a proxy: each connection is handed to the test, or echoed.</summary>
internal sealed class LocalService : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Channel<NetworkStream> _accepted = Channel.CreateUnbounded<NetworkStream>();

    public LocalService(bool echoes)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync(echoes);
    }

    public EndPoint Address => _listener.LocalEndPoint!;

    public ValueTask<NetworkStream> NextAsync() => _accepted.Reader.ReadAsync();

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(bool echoes)
    {
        while (true)
        {
            NetworkStream stream;
            try
            {
                stream = new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (echoes)
            {
                _ = EchoAsync(stream);
            }
            else
            {
                _accepted.Writer.TryWrite(stream);
            }
        }
    }

    private static async Task EchoAsync(NetworkStream stream)
    {
        try
        {
            await stream.CopyToAsync(stream);
            stream.Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // Cut by the proxy.
        }
    }
}
