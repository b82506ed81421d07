using System.Net;
using System.Net.Sockets;

namespace ConnectAgent.TestKit.Servers;

/// <summary>
/// A listening socket whose queue is full because nobody takes what waits in it: Linux drops what else asks for a connection, so that connecting neither
/// succeeds nor fails, as with a host that is cut off.
/// </summary>
public sealed class FullServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _waiting = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private FullServer()
    {
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

    public static async Task<FullServer> StartAsync()
    {
        var server = new FullServer();
        server._listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        // A backlog of 0 has room for one.
        server._listener.Listen(0);
        await server._waiting.ConnectAsync(server._listener.LocalEndPoint!);
        return server;
    }

    public void Dispose()
    {
        _waiting.Dispose();
        _listener.Dispose();
    }
}
