using System.Net.Security;
using System.Net.Sockets;
using ConnectAgent.Client;
using ConnectAgent.Proxy.Connections;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Pumping;
using ConnectAgent.Proxy.Telemetry;

namespace ConnectAgent.Proxy.Inbound;

/// <summary>
/// Serves what comes in over the mesh: a handshake with a certificate of both sides, a decision, and the service itself behind it (clients PROXY-4). What looks
/// at requests takes the stream after the handshake.
/// </summary>
/// <param name="context">Of its proxy.</param>
/// <param name="options">What it does.</param>
/// <param name="requests">Takes streams of a protocol that has requests; null: there are none.</param>
internal sealed class InboundListener(ProxyContext context, InboundOptions options, IRequestServer? requests)
{
    private readonly TrafficCounts _counts = context.Metrics.Of(context.Service, string.Empty);
    private readonly List<SslApplicationProtocol> _protocols = options.Protocol switch
    {
        InboundProtocol.Http => [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        InboundProtocol.Http2 => [SslApplicationProtocol.Http2],
        _ => [],
    };

    /// <summary>Serves one connection to its end.</summary>
    public async Task ServeAsync(Socket socket)
    {
        var record = new ConnectionRecord(context, _counts, string.Empty);
        _counts.CountAccepted();
        if (!context.Connections.TryTakePlace())
        {
            socket.Dispose();
            record.Ended(EndReason.Limit);
            return;
        }

        try
        {
            record.Address = socket.RemoteEndPoint;
            record.Ended(await ServeAsync(socket, record));
        }
        catch (MeshException refusal)
        {
            record.Detail = refusal.Message;
            record.Ended(refusal.Reason);
            context.Logger.ConnectionRefused(record.Peer?.Uri ?? "unknown", refusal.Reason, refusal.Message);
        }
        catch (Exception error) when (BytePump.IsOfNetwork(error) || error is OperationCanceledException)
        {
            record.Detail = error.Message;
            record.Ended(record.Peer is null ? EndReason.Handshake : EndReason.Broken);
        }
        finally
        {
            socket.Dispose();
            context.Connections.LeavePlace();
        }
    }

    private async Task<string> ServeAsync(Socket socket, ConnectionRecord record)
    {
        var accepted = await HandshakeAsync(socket, record);
        if (accepted is not var (stream, decision))
        {
            return EndReason.Closed;
        }

        using var decided = decision;
        using var near = new ProxyEnd(socket, stream.Stream);
        if (requests is not null)
        {
            var requested = new OpenConnection(stream.Peer, isInbound: true, record.Traffic, near.Cut);
            return await OpenAsync(record, requested, null, async () =>
            {
                await requests.ServeAsync(stream, record.Traffic, near);
                return true;
            });
        }

        using var far = ProxyEnd.Plain(await ConnectAsync());
        if (options.SendsProxyHeader)
        {
            await far.Stream.WriteAsync(ProxyHeader.Of(near.Remote, near.Local, stream.Peer.Uri));
        }

        var connection = new OpenConnection(stream.Peer, isInbound: true, record.Traffic, () =>
        {
            near.Cut();
            far.Cut();
        });
        return await OpenAsync(record, connection, decision, () => BytePump.RunAsync(near, far, record.Traffic));
    }

    private async Task<string> OpenAsync(ConnectionRecord record, OpenConnection connection, DecisionWatch? decision, Func<Task<bool>> carry)
    {
        if (!context.Connections.TryAdd(connection))
        {
            connection.End(EndReason.Limit);
            return EndReason.Limit;
        }

        try
        {
            using var distrusted = context.Mesh.WatchTrust(connection.Peer, () => connection.End(EndReason.Untrusted));
            using var denied = decision?.Denied.UnsafeRegister(static ended => ((OpenConnection)ended!).End(EndReason.Denied), connection);
            record.Opened();
            var isWhole = await carry();
            return connection.Reason ?? (isWhole ? EndReason.Closed : EndReason.Broken);
        }
        finally
        {
            context.Connections.Remove(connection);
        }
    }

    // Null: it was closed before it said anything, as checks of the port do (clients PROXY-8).
    private async Task<(MeshStream Stream, DecisionWatch? Decision)?> HandshakeAsync(Socket socket, ConnectionRecord record)
    {
        Dialer.SetUp(socket);
        var pending = context.Pending.Enter(socket);
        try
        {
            using var late = new CancellationTokenSource(options.HandshakeTime ?? context.Limits.Handshake, context.Clock);

            // Who says nothing costs no more than the socket.
            await socket.ReceiveAsync(Memory<byte>.Empty, late.Token);
            if (socket.Available == 0)
            {
                return null;
            }

            var stream = await context.Mesh.AcceptAsync(new NetworkStream(socket, ownsSocket: false), _protocols, late.Token);
            record.Peer = stream.Peer;
            _counts.CountHandshake();
            try
            {
                return (stream, requests is null ? await context.Mesh.AuthorizeAsync(stream.Peer, late.Token) : null);
            }
            catch
            {
                await stream.Stream.DisposeAsync();
                throw;
            }
        }
        finally
        {
            context.Pending.Leave(pending);
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        try
        {
            return await Dialer.ConnectAsync(options.Local, options.ConnectTime, context.Clock);
        }
        catch (SocketException error)
        {
            throw new MeshException(EndReason.Unreachable, $"{Endpoints.Show(options.Local)}: {error.Message}", error);
        }
    }
}
