using System.IO.Pipelines;
using System.Net.Security;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ConnectAgent.Hosting;

/// <summary>
/// Bounds what all connections hold of request heads that are not whole yet (FA-1): the web server keeps up to <c>http.headers</c> of each, and the
/// dispatcher, which bounds large requests, sees a request only when its head is whole. A head that grows beyond <see cref="LargeRequests.From"/> takes
/// its place here already, or is refused as there.
/// </summary>
internal sealed class LargeHeads(LargeRequests places, LimitMetrics limits)
{
    private static readonly EarlyRefusal Refusal = new(LargeRequests.RefusalText);

    /// <summary>Connection middleware; behind TLS.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => connection =>
        connection.Features.Get<ISslStreamFeature>()?.SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2
            ? GuardStreamsAsync(connection, next)
            : GuardAsync(connection, next);

    private async Task GuardAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var head = new ArrivingHead(
            connection.Transport,
            places,
            () =>
            {
                limits.Refused(LargeRequests.PlacesLimit);
                return Refusal.SendAsync(connection);
            },
            () => Abort(connection, LargeRequests.PlacesLimit));
        connection.Features.Set<IArrivingHead>(head);
        await RunAsync(connection, next, head, head.End);
    }

    private async Task GuardStreamsAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var streams = new StreamBytes();
        var heads = new Http2Heads(connection.Transport, places, limit => Abort(connection, limit), () => streams.EndsSoon = true);
        connection.Features.Set(streams);
        await RunAsync(connection, next, heads, heads.End);
    }

    private static async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, IDuplexPipe watched, Action end)
    {
        var transport = connection.Transport;
        connection.Transport = watched;
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
            end();
        }
    }

    private void Abort(ConnectionContext connection, string limit)
    {
        limits.Refused(limit);
        connection.Abort(new ConnectionAbortedException("refused by " + limit));
    }
}
