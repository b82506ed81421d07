using System.Net;
using System.Net.Sockets;
using ConnectAgent.Proxy.Connections;
using ConnectAgent.Proxy.Inbound;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Pumping;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace ConnectAgent.Proxy.Requests;

/// <summary>
/// Looks at requests: Kestrel reads them from connections whose handshake is over, each is decided by itself, and what is allowed is forwarded to the service.
/// A connection is no subject of a decision here, because intentions with permissions decide about requests (intentions section 8).
/// </summary>
internal sealed class RequestServer : IRequestServer, IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HandedConnections _connections;
    private readonly HttpMessageInvoker _client;

    private RequestServer(WebApplication app, HandedConnections connections, HttpMessageInvoker client) => (_app, _connections, _client) = (app, connections, client);

    public static async Task<RequestServer> StartAsync(ProxyContext context, InboundOptions options)
    {
        var connections = new HandedConnections();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "connect-agent", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(HandedConnections.Address, listen => listen.Protocols = options.Protocol == InboundProtocol.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http1AndHttp2);
        });
        builder.Services.AddSingleton(context.Loggers).AddSingleton<IConnectionListenerFactory>(connections).AddHttpForwarder();
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = context.Limits.Drain);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Yarp", LogLevel.Warning);
        var app = builder.Build();
        var client = ClientOf(context, options);
        var handler = new RequestHandler(context, options, app.Services.GetRequiredService<IHttpForwarder>(), client);
        app.Run(handler.HandleAsync);
        await app.StartAsync();
        return new RequestServer(app, connections, client);
    }

    public Task ServeAsync(MeshStream stream, Traffic traffic, ProxyEnd end) => _connections.ServeAsync(new HandedConnection(stream, traffic, end));

    public async ValueTask DisposeAsync()
    {
        _connections.Close();
        await _app.DisposeAsync();
        _client.Dispose();
    }

    // The service, as it would be reached without a proxy: no redirect followed, no cookie kept, nothing unpacked.
    private static HttpMessageInvoker ClientOf(ProxyContext context, InboundOptions options) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        ConnectCallback = async (_, _) => new NetworkStream(await Dialer.ConnectAsync(options.Local, options.ConnectTime, context.Clock), ownsSocket: true),
    });
}
