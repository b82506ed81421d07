using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ConnectAgent.TestKit.Servers;

/// <summary>What a network does to what passes through it.</summary>
public enum NetworkFault
{
    /// <summary>It passes.</summary>
    None,

    /// <summary>Connections end, and none is taken.</summary>
    Cut,

    /// <summary>Connections are reset, and so is each new one.</summary>
    Reset,

    /// <summary>Connections stay and are taken, and nothing comes out at the other end.</summary>
    BlackHole,

    /// <summary>Each piece comes a second late.</summary>
    Delay,

    /// <summary>An octet comes each 100 ms.</summary>
    Drip,
}

/// <summary>A stretch of network between an agent and a server, on a real loopback socket; it breaks when told to.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Drop = TimeSpan.FromMilliseconds(100);
    private readonly IPEndPoint _target;
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly CancellationTokenSource _end = new();
    private readonly int _port;
    private TaskCompletionSource _healed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _listener;
    private volatile NetworkFault _fault;
    private int _taken;

    private TcpProxy(Uri target)
    {
        _target = new IPEndPoint(IPAddress.Loopback, target.Port);
        _healed.SetResult();
        _port = Listen(0);
        Address = new Uri($"http://127.0.0.1:{_port}");
    }

    /// <summary>Where the agent finds the server.</summary>
    public Uri Address { get; }

    /// <summary>Connections that were taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    public static TcpProxy To(Uri target) => new(target);

    /// <summary>From now on, for what is on its way, too.</summary>
    public void Set(NetworkFault fault)
    {
        var former = _fault;
        _fault = fault;
        if (fault == NetworkFault.BlackHole)
        {
            _healed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        else
        {
            _healed.TrySetResult();
        }

        if (fault is NetworkFault.Cut or NetworkFault.Reset || former == NetworkFault.BlackHole)
        {
            // What lay in a black hole does not come out of it.
            End(fault == NetworkFault.Reset);
        }

        if (fault == NetworkFault.Cut)
        {
            _listener?.Dispose();
            _listener = null;
        }
        else if (_listener is null)
        {
            Listen(_port);
        }
    }

    public ValueTask DisposeAsync()
    {
        _end.Cancel();
        _listener?.Dispose();
        End(reset: true);
        return ValueTask.CompletedTask;
    }

    private int Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(512);
        _listener = listener;
        _ = AcceptAsync(listener);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private void End(bool reset)
    {
        foreach (var socket in _sockets.Keys)
        {
            try
            {
                if (reset)
                {
                    socket.LingerState = new LingerOption(enable: true, 0);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // It is gone already.
            }

            socket.Dispose();
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var agent = await listener.AcceptAsync(_end.Token);
                Interlocked.Increment(ref _taken);
                _ = PassAsync(agent);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // No longer listening.
        }
    }

    private async Task PassAsync(Socket agent)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        agent.NoDelay = true;
        (_sockets[agent], _sockets[server]) = (true, true);
        try
        {
            if (_fault == NetworkFault.Reset)
            {
                agent.LingerState = new LingerOption(enable: true, 0);
                return;
            }

            await server.ConnectAsync(_target, _end.Token);
            await Task.WhenAny(PumpAsync(agent, server), PumpAsync(server, agent));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, so the other one goes, too.
        }
        finally
        {
            _sockets.TryRemove(agent, out _);
            _sockets.TryRemove(server, out _);
            agent.Dispose();
            server.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var piece = new byte[16 * 1024];
        try
        {
            int length;
            while ((length = await from.ReceiveAsync(piece, _end.Token)) > 0)
            {
                await _healed.Task.WaitAsync(_end.Token);
                if (_fault == NetworkFault.Delay)
                {
                    await Task.Delay(Late, TimeProvider.System, _end.Token);
                }

                for (var sent = 0; sent < length;)
                {
                    var drips = _fault == NetworkFault.Drip;
                    if (drips)
                    {
                        await Task.Delay(Drop, TimeProvider.System, _end.Token);
                    }

                    sent += await to.SendAsync(piece.AsMemory(sent, drips ? 1 : length - sent), _end.Token);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone.
        }
    }
}
