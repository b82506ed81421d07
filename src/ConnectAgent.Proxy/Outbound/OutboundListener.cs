using System.Net.Sockets;
using ConnectAgent.Client;
using ConnectAgent.Proxy.Connections;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Pumping;
using ConnectAgent.Proxy.Telemetry;

namespace ConnectAgent.Proxy.Outbound;

/// <summary>
/// Serves what the application connects to an upstream: a healthy instance is connected to whose certificate says that it is the upstream; the next one is tried
/// where one cannot be connected to, or is somebody else (clients PROXY-2, PROXY-3).
/// </summary>
/// <param name="context">Of its proxy.</param>
/// <param name="upstream">What is connected to.</param>
internal sealed class OutboundListener(ProxyContext context, Options.UpstreamOptions upstream)
{
    private readonly TrafficCounts _counts = context.Metrics.Of(context.Service, upstream.Name);

    /// <summary>Serves one connection to its end.</summary>
    public async Task ServeAsync(Socket socket)
    {
        var record = new ConnectionRecord(context, _counts, upstream.Name);
        _counts.CountAccepted();
        if (!context.Connections.TryTakePlace())
        {
            socket.Dispose();
            record.Ended(EndReason.Limit);
            return;
        }

        try
        {
            record.Ended(await ServeAsync(socket, record));
        }
        catch (MeshException failure)
        {
            record.Detail = failure.Message;
            record.Ended(failure.Reason);
            context.Logger.UpstreamFailed(upstream.Name, failure.Reason, failure.Message);
        }
        catch (Exception error) when (BytePump.IsOfNetwork(error) || error is OperationCanceledException)
        {
            record.Detail = error.Message;
            record.Ended(EndReason.Broken);
        }
        finally
        {
            socket.Dispose();
            context.Connections.LeavePlace();
        }
    }

    private async Task<string> ServeAsync(Socket socket, ConnectionRecord record)
    {
        Dialer.SetUp(socket);
        using var near = ProxyEnd.Plain(socket);
        var (remote, stream) = await ConnectAsync(record);
        using var far = new ProxyEnd(remote, stream.Stream);
        var connection = new OpenConnection(stream.Peer, isInbound: false, record.Traffic, () =>
        {
            near.Cut();
            far.Cut();
        });
        context.Connections.TryAdd(connection);
        try
        {
            using var distrusted = context.Mesh.WatchTrust(stream.Peer, () => connection.End(EndReason.Untrusted));
            record.Opened();
            var isWhole = await BytePump.RunAsync(near, far, record.Traffic);
            return connection.Reason ?? (isWhole ? EndReason.Closed : EndReason.Broken);
        }
        finally
        {
            context.Connections.Remove(connection);
        }
    }

    private async Task<(Socket Socket, MeshStream Stream)> ConnectAsync(ConnectionRecord record)
    {
        using var late = new CancellationTokenSource(upstream.ConnectTime, context.Clock);
        var instances = await context.Mesh.Upstreams.ResolveAsync(upstream.Name, upstream.IsQuery, upstream.Datacenter, late.Token);
        var last = new MeshException(EndReason.NoInstance, "no healthy instances found");
        foreach (var (tried, instance) in instances.Index())
        {
            if (tried > 0)
            {
                _counts.CountRetry();
                context.Logger.InstanceFailed(upstream.Name, record.Address?.ToString() ?? string.Empty, last.Message);
            }

            record.Address = instance.EndPoint;
            try
            {
                var connected = await ConnectAsync(instance);
                record.Peer = connected.Stream.Peer;
                _counts.CountHandshake();
                return connected;
            }
            catch (MeshException error)
            {
                last = error;
            }
        }

        throw last;
    }

    private async Task<(Socket Socket, MeshStream Stream)> ConnectAsync(UpstreamInstance instance)
    {
        Socket socket;
        try
        {
            socket = await Dialer.ConnectAsync(instance.EndPoint, upstream.ConnectTime, context.Clock);
        }
        catch (SocketException error)
        {
            throw new MeshException(EndReason.Unreachable, error.Message, error);
        }

        try
        {
            // An instance that accepts and then says nothing is as good as none.
            using var late = new CancellationTokenSource(context.Limits.Handshake < upstream.ConnectTime ? context.Limits.Handshake : upstream.ConnectTime, context.Clock);
            return (socket, await context.Mesh.ConnectAsync(new NetworkStream(socket, ownsSocket: false), instance, late.Token));
        }
        catch (OperationCanceledException error)
        {
            socket.Dispose();
            throw new MeshException(EndReason.Handshake, "the instance did not answer in time", error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
