using System.Net;
using System.Net.Sockets;
using ConnectAgent.Proxy.Options;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Listening;

/// <summary>Accepts connections and hands each to whoever serves it.</summary>
internal sealed class ProxyListener : IAsyncDisposable
{
    private const int Backlog = 4096;

    // Out of descriptors, for instance: it may pass.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly string? _path;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Task _running;
    private volatile bool _isClosed;

    private ProxyListener(Socket socket, string? path, Func<Socket, Task> serve, TimeProvider clock, ILogger logger)
    {
        (_socket, _path, _clock, _logger) = (socket, path, clock, logger);
        _running = AcceptAsync(serve);
    }

    public EndPoint Address => _socket.LocalEndPoint!;

    /// <summary>Begins.</summary>
    /// <param name="endpoint">An IP address or a Unix socket; a left-over socket that nobody listens on is replaced.</param>
    /// <param name="mode">Of the Unix socket; null: as the umask says.</param>
    /// <param name="serve">Owns what it gets, and never fails.</param>
    /// <exception cref="ProxyException">It cannot be listened on.</exception>
    public static ProxyListener Start(EndPoint endpoint, UnixFileMode? mode, Func<Socket, Task> serve, TimeProvider clock, ILogger logger)
    {
        var path = endpoint is UnixDomainSocketEndPoint unix ? unix.ToString() : null;
        var socket = path is null
            ? new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (path is not null)
            {
                RemoveLeftOver(path);
            }

            socket.Bind(endpoint);
            if (path is not null && mode is { } bits)
            {
                File.SetUnixFileMode(path, bits);
            }

            socket.Listen(Backlog);
            return new ProxyListener(socket, path, serve, clock, logger);
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new ProxyException($"cannot listen on {Endpoints.Show(endpoint)}: {error.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        _socket.Dispose();
        await _running;
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    private async Task AcceptAsync(Func<Socket, Task> serve)
    {
        while (!_isClosed)
        {
            try
            {
                var accepted = await _socket.AcceptAsync();
                _ = Task.Run(() => serve(accepted));
            }
            catch (Exception) when (_isClosed)
            {
                return;
            }
            catch (SocketException error)
            {
                _logger.AcceptFailed(Endpoints.Show(Address), error.Message);
                await Task.Delay(Pause, _clock);
            }
        }
    }

    private static void RemoveLeftOver(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
        }
    }
}
