using System.Net;
using System.Net.Security;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Client;

/// <summary>HTTP to a service of the mesh: <c>HttpClient</c>, and whatever takes a <see cref="SocketsHttpHandler"/>, such as gRPC channels.</summary>
public static class ConnectHttp
{
    /// <summary>How long a connection is kept, so that new instances get their share.</summary>
    private static readonly TimeSpan ConnectionTime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Has a named <c>HttpClient</c> reach a service of the mesh, whatever the host of its address: <c>https://db/</c> is as good as any. The client's other settings stay.
    /// Needs <see cref="ConnectServiceCollectionExtensions.AddConnectAgent"/>.
    /// </summary>
    /// <param name="builder">Of <c>AddHttpClient</c>.</param>
    /// <param name="upstream">The service's name.</param>
    /// <param name="service">Who connects; null: <see cref="ConnectAgentOptions.Service"/>.</param>
    public static IHttpClientBuilder UseConnectUpstream(this IHttpClientBuilder builder, string upstream, string? service = null) =>
        UseConnectUpstream(builder, new UpstreamOptions { Service = upstream }, service);

    /// <summary>The same, with more said about the upstream.</summary>
    /// <param name="builder">Of <c>AddHttpClient</c>.</param>
    /// <param name="upstream">The service, and how long is tried.</param>
    /// <param name="service">Who connects; null: <see cref="ConnectAgentOptions.Service"/>.</param>
    public static IHttpClientBuilder UseConnectUpstream(this IHttpClientBuilder builder, UpstreamOptions upstream, string? service = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(upstream);
        return builder.UseSocketsHttpHandler((handler, provider) =>
        {
            var identities = provider.GetRequiredService<ConnectIdentities>();
            Configure(handler, cancellationToken => identities.GetAsync(service, cancellationToken), upstream);
        });
    }

    /// <summary>A handler that reaches a service of the mesh, for <c>HttpClient</c>, <c>GrpcChannelOptions.HttpHandler</c> and the like.</summary>
    /// <param name="identity">Who connects; it must live longer than the handler.</param>
    /// <param name="upstream">The service's name.</param>
    public static SocketsHttpHandler CreateHandler(ConnectIdentity identity, string upstream) => CreateHandler(identity, new UpstreamOptions { Service = upstream });

    /// <summary>The same, with more said about the upstream.</summary>
    /// <param name="identity">Who connects; it must live longer than the handler.</param>
    /// <param name="upstream">The service, and how long is tried.</param>
    public static SocketsHttpHandler CreateHandler(ConnectIdentity identity, UpstreamOptions upstream)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(upstream);
        var handler = new SocketsHttpHandler();
        Configure(handler, _ => ValueTask.FromResult(identity), upstream);
        return handler;
    }

    private static void Configure(SocketsHttpHandler handler, Func<CancellationToken, ValueTask<ConnectIdentity>> identity, UpstreamOptions upstream)
    {
        // What the environment names as a proxy is not in the mesh, and a redirect would be followed to the same service whatever its host.
        (handler.UseProxy, handler.AllowAutoRedirect) = (false, false);
        handler.EnableMultipleHttp2Connections = true;
        if (handler.PooledConnectionLifetime == Timeout.InfiniteTimeSpan)
        {
            handler.PooledConnectionLifetime = ConnectionTime;
        }

        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            var connection = await ConnectStream.ConnectAsync(await identity(cancellationToken), Offering(upstream, context.InitialRequestMessage), cancellationToken);

            // The handler takes a stream that has TLS already as it is, and disposes it.
            return connection.Stream;
        };
    }

    // As the handler itself would offer for this request.
    private static UpstreamOptions Offering(UpstreamOptions upstream, HttpRequestMessage request)
    {
        var isSecure = request.RequestUri?.Scheme == Uri.UriSchemeHttps;
        var isSecond = request.Version.Major >= 2
            ? isSecure || request.VersionPolicy != HttpVersionPolicy.RequestVersionOrLower
            : isSecure && request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher;
        return new UpstreamOptions
        {
            Service = upstream.Service,
            Datacenter = upstream.Datacenter,
            Attempts = upstream.Attempts,
            ConnectTimeout = upstream.ConnectTimeout,
            HandshakeTimeout = upstream.HandshakeTimeout,
            ApplicationProtocols = (isSecond, isSecure) switch
            {
                (true, true) => [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                (true, false) => [SslApplicationProtocol.Http2],
                _ => [SslApplicationProtocol.Http11],
            },
        };
    }
}
