using System.Net;
using System.Net.Sockets;
using ConnectAgent.Proxy.Connections;
using ConnectAgent.Proxy.Inbound;
using ConnectAgent.Proxy.Listening;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Outbound;
using ConnectAgent.Proxy.Requests;

namespace ConnectAgent.Proxy;

/// <summary>A sidecar proxy: one listener for the mesh, and one for each upstream. What it does may be changed while it runs; open connections stay.</summary>
/// <param name="context">What its listeners share.</param>
internal sealed class SidecarProxy(ProxyContext context) : IAsyncDisposable
{
    // How often is looked for idle connections: they may live longer by as much.
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(30);

    private readonly Dictionary<object, Running> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _sweep = Task.CompletedTask;

    /// <summary>Where the mesh connects to; null: nothing comes in.</summary>
    public EndPoint? PublicAddress => _running.FirstOrDefault(static pair => pair.Key is InboundOptions).Value?.Listener.Address;

    /// <summary>Where the application connects to an upstream.</summary>
    public EndPoint AddressOf(string upstream) => _running.First(pair => pair.Key is UpstreamOptions options && options.Name == upstream).Value.Listener.Address;

    /// <summary>Listens as it says, and no longer where it does not; what is the same goes on.</summary>
    /// <param name="options">What it does.</param>
    /// <param name="isStrict">Whether a listener that cannot start is an error; else it is logged, and the others go on.</param>
    /// <exception cref="ProxyException">An address that cannot be listened on.</exception>
    public async Task ApplyAsync(ProxyOptions options, bool isStrict)
    {
        HashSet<object> wanted = [.. options.Upstreams];
        if (options.Inbound is { } inbound)
        {
            wanted.Add(inbound);
        }

        foreach (var gone in _running.Keys.Where(key => !wanted.Contains(key)).ToList())
        {
            _running.Remove(gone, out var running);
            context.Logger.ListenerStopping(NameOf(gone));
            await running!.DisposeAsync();
        }

        foreach (var added in wanted.Where(key => !_running.ContainsKey(key)))
        {
            try
            {
                _running[added] = await StartAsync(added);
            }
            catch (ProxyException error) when (!isStrict)
            {
                context.Logger.ListenerFailed(NameOf(added), error.Message);
            }
        }

        if (_sweep.IsCompleted && context.Limits.Idle > TimeSpan.Zero)
        {
            _sweep = SweepAsync();
        }
    }

    /// <summary>Says that it serves, as the reference does (clients PROXY-1).</summary>
    public void Announce()
    {
        context.Logger.Ready();
        context.Logger.Identity(context.Mesh.Uri, string.Join(' ', context.Mesh.Roots));
    }

    /// <summary>Accepts no more, lets what is open end by itself for a while, and ends what is left.</summary>
    public async Task StopAsync()
    {
        // Requests end with their connections; those that wait for the next one are told.
        foreach (var (_, running) in _running)
        {
            await running.Listener.DisposeAsync();
        }

        if (context.Connections.Count > 0)
        {
            context.Logger.Draining(context.Connections.Count, context.Limits.Drain);
        }

        await context.Connections.DrainAsync(context.Limits.Drain, context.Clock);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var running in _running.Values)
        {
            await running.DisposeAsync();
        }

        context.Connections.EndWhere(static _ => true, EndReason.Stopped);
        await _sweep;
        _stop.Dispose();
    }

    private async Task<Running> StartAsync(object added)
    {
        var (name, endpoint) = added is InboundOptions inbound ? (NameOf(added), inbound.Listen) : (NameOf(added), ((UpstreamOptions)added).Listen);
        context.Logger.ListenerStarting(name, Endpoints.Show(endpoint));
        switch (added)
        {
            case InboundOptions { Protocol: InboundProtocol.Tcp } tcp:
                return new Running(Listen(endpoint, null, new InboundListener(context, tcp, requests: null).ServeAsync), null);
            case InboundOptions http:
                var server = await RequestServer.StartAsync(context, http);
                try
                {
                    return new Running(Listen(endpoint, null, new InboundListener(context, http, server).ServeAsync), server);
                }
                catch
                {
                    await server.DisposeAsync();
                    throw;
                }

            default:
                var upstream = (UpstreamOptions)added;
                return new Running(Listen(endpoint, ModeOf(upstream.SocketMode), new OutboundListener(context, upstream).ServeAsync), null);
        }
    }

    private ProxyListener Listen(EndPoint endpoint, UnixFileMode? mode, Func<Socket, Task> serve) =>
        ProxyListener.Start(endpoint, mode, serve, context.Clock, context.Logger);

    private async Task SweepAsync()
    {
        var (limit, sweep) = (context.Limits.Idle, context.Limits.Idle / 2);
        try
        {
            while (true)
            {
                await Task.Delay(sweep < SweepInterval ? sweep : SweepInterval, context.Clock, _stop.Token);
                context.Connections.EndWhere(connection => connection.Traffic.Idle >= limit, EndReason.Idle);
            }
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
    }

    private static string NameOf(object options) => options switch
    {
        UpstreamOptions upstream => $"{Endpoints.Show(upstream.Listen)}->{upstream}",
        _ => "public listener",
    };

    private static UnixFileMode? ModeOf(string? octal)
    {
        try
        {
            return octal is null ? null : (UnixFileMode)(Convert.ToInt32(octal, 8) & 0x1FF);
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            throw new ProxyException($"\"{octal}\" is no mode of a socket: three octal digits");
        }
    }

    private sealed record Running(ProxyListener Listener, RequestServer? Requests) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Listener.DisposeAsync();
            if (Requests is not null)
            {
                await Requests.DisposeAsync();
            }
        }
    }
}
