using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>The connections of one endpoint: whom they are with, whether they may be, and their end when they may not any more.</summary>
internal sealed class ConnectConnections(
    ConnectIdentities identities, string service, ConnectServerOptions options, ConnectServerMetrics metrics, IServiceProvider services)
{
    private readonly ILogger _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("ConnectAgent.Client.AspNetCore");

    /// <summary>The options of one handshake: the leaf and the roots of now.</summary>
    public async ValueTask<SslServerAuthenticationOptions> HandshakeAsync(TlsHandshakeCallbackContext context)
    {
        var identity = await identities.GetAsync(service, context.CancellationToken);
        var features = context.Connection.Features;
        return identity.CreateServerOptions(found =>
        {
            if (found.IsTrusted)
            {
                features.Set<IConnectPeerFeature>(new ConnectPeerFeature(found.Peer, identity, options.AuthorizesRequests));
                return;
            }

            metrics.Refused(service, found.Refusal);
            _logger.PeerRefused(service, found.Reason);
        });
    }

    /// <summary>Behind the handshake: serves whom the agent allows, as long as it does.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => connection =>
        connection.Features.Get<IConnectPeerFeature>() is not { } feature ? RefuseAsync(connection, "the peer was not verified")
            : !options.AuthorizesRequests ? ServeAsync(connection, feature, next)
            : services.GetRequiredService<IServer>().Features.Get<RequestsAreAuthorized>() is not null ? next(connection)
            : RefuseAsync(connection, "requests are to be authorized, and the application has no UseConnectAuthorization()");

    private Task RefuseAsync(ConnectionContext connection, string reason)
    {
        _logger.NotServed(service, reason);
        connection.Abort(new ConnectionAbortedException(reason));
        return Task.CompletedTask;
    }

    private async Task ServeAsync(ConnectionContext connection, IConnectPeerFeature feature, ConnectionDelegate next)
    {
        DecisionWatch watch;
        try
        {
            watch = await feature.Identity.WatchAsync(feature.Peer, connection.ConnectionClosed);
        }
        catch (ConnectException error)
        {
            metrics.Denied(service, ConnectServerMetrics.NoAnswer);
            _logger.ConnectionUndecided(service, feature.Peer.Uri, error.Message);
            connection.Abort(new ConnectionAbortedException("no agent decided about the peer"));
            return;
        }
        catch (OperationCanceledException)
        {
            // The peer has left.
            return;
        }

        using (watch)
        {
            if (watch.Denied.IsCancellationRequested)
            {
                metrics.Denied(service, ConnectServerMetrics.AtStart);
                _logger.ConnectionDenied(service, feature.Peer.Uri, watch.Decision.Reason);
                connection.Abort(new ConnectionAbortedException("the peer may not connect"));
                return;
            }

            await using var ending = watch.Denied.Register(() =>
            {
                metrics.Denied(service, ConnectServerMetrics.WhileOpen);
                connection.Abort(new ConnectionAbortedException("the peer may not be connected any more"));
            });
            await next(connection);
        }
    }
}
