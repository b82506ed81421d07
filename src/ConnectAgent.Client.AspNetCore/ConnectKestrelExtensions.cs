using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>Kestrel as a member of the mesh.</summary>
public static class ConnectKestrelExtensions
{
    /// <summary>
    /// Has each endpoint of the server that is configured after this be one of a service of the mesh; see <see cref="UseConnect(ListenOptions, string, Action{ConnectServerOptions}?)"/>. Endpoints must not have HTTPS of
    /// their own: give addresses as <c>http://</c>.
    /// </summary>
    /// <param name="kestrel">Of <c>ConfigureKestrel</c>.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="configure">Says more; null for the usual way.</param>
    public static void UseConnect(this KestrelServerOptions kestrel, string service, Action<ConnectServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        kestrel.ConfigureEndpointDefaults(listen => listen.UseConnect(service, configure));
    }

    /// <summary>
    /// Has an endpoint be one of a service of the mesh: mutual TLS with the service's current certificate, which is another one at the next handshake after it was renewed and does not touch open connections; the
    /// peer verified against the current roots; and the agent asked whether it may connect, first and whenever something has changed. A connection that it denies is closed. Where no agent
    /// answers at the first question, the connection is refused; one that is open stays. Needs <see cref="ConnectServiceCollectionExtensions.AddConnectAgent"/>.
    /// </summary>
    /// <param name="listen">Of the endpoint. HTTP/3 is not served.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="configure">Says more; null for the usual way.</param>
    /// <returns>The same.</returns>
    public static ListenOptions UseConnect(this ListenOptions listen, string service, Action<ConnectServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ArgumentException.ThrowIfNullOrEmpty(service);
        var options = new ConnectServerOptions();
        configure?.Invoke(options);
        var services = listen.ApplicationServices;
        var connections = new ConnectConnections(
            services.GetService<ConnectIdentities>() ?? throw new InvalidOperationException("UseConnect needs services.AddConnectAgent()"),
            service,
            options,
            ActivatorUtilities.CreateInstance<ConnectServerMetrics>(services),
            services);
        if (listen.Protocols.HasFlag(HttpProtocols.Http3))
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
        }

        listen.UseHttps(new TlsHandshakeCallbackOptions { HandshakeTimeout = options.HandshakeTimeout, OnConnection = connections.HandshakeAsync });
        listen.Use(connections.Guard);
        return listen;
    }
}
