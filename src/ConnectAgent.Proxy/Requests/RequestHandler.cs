using ConnectAgent.Client;
using ConnectAgent.Proxy.Connections;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace ConnectAgent.Proxy.Requests;

/// <summary>One request: it is decided, and then forwarded (intentions section 8).</summary>
/// <param name="context">Of the proxy.</param>
/// <param name="options">What comes in.</param>
/// <param name="forwarder">Carries requests.</param>
/// <param name="client">Reaches the service.</param>
internal sealed class RequestHandler(ProxyContext context, InboundOptions options, IHttpForwarder forwarder, HttpMessageInvoker client)
{
    // As Envoy says it, so that whoever looks for it finds it.
    private const string DeniedText = "RBAC: access denied";

    private const string Service = "http://service";

    private readonly TrafficCounts _counts = context.Metrics.Of(context.Service, string.Empty);
    private readonly ForwarderRequestConfig _config = new()
    {
        ActivityTimeout = context.Limits.Idle > TimeSpan.Zero ? context.Limits.Idle : Timeout.InfiniteTimeSpan,
        Version = options.Protocol == InboundProtocol.Http2 ? System.Net.HttpVersion.Version20 : System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private readonly Transformer _transformer = new(context.Mesh);

    public async Task HandleAsync(HttpContext request)
    {
        var start = context.Clock.GetTimestamp();
        var peer = request.Features.GetRequiredFeature<MeshPeer>();
        var (end, detail) = await ServeAsync(request, peer);
        _counts.CountRequest(isDenied: end == EndReason.Denied);
        if (context.Access.IsOn)
        {
            context.Access.Write(new AccessEntry
            {
                Time = context.Clock.GetUtcNow(),
                Direction = "inbound",
                Service = context.Service,
                Peer = peer.Identity.Uri,
                End = end,
                Detail = detail,
                DurationMs = context.Clock.GetElapsedTime(start).TotalMilliseconds,
                Method = request.Request.Method,

                // Without the query, which may hold secrets.
                Path = request.Request.Path.Value,
                Status = request.Response.StatusCode,
            });
        }
    }

    private async Task<(string End, string? Detail)> ServeAsync(HttpContext request, MeshPeer peer)
    {
        Decision decision;
        try
        {
            decision = await context.Mesh.AuthorizeAsync(peer.Identity, request.Request.Method, TargetOf(request), HeadersOf(request), request.RequestAborted);
        }
        catch (MeshException error)
        {
            request.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return (error.Reason, error.Message);
        }

        if (!decision.Authorized)
        {
            request.Response.StatusCode = StatusCodes.Status403Forbidden;
            request.Response.ContentType = "text/plain";
            await request.Response.WriteAsync(DeniedText, request.RequestAborted);
            return (EndReason.Denied, decision.Reason);
        }

        var outcome = await forwarder.SendAsync(request, Service, client, _config, _transformer);
        return outcome == ForwarderError.None ? (EndReason.Closed, null) : (EndReason.Broken, outcome.ToString());
    }

    // As it was sent: what is decoded here the agent decodes by its own rules.
    private static string TargetOf(HttpContext request) => request.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget is ['/', ..] target
        ? target
        : request.Request.Path.ToUriComponent();

    private static IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> HeadersOf(HttpContext request) =>
        request.Request.Headers.Where(static header => header.Key[0] != ':')
            .Select(static header => KeyValuePair.Create(header.Key, (IReadOnlyList<string>)[.. header.Value.Select(static value => value ?? string.Empty)]));

    private sealed class Transformer(ServiceMesh mesh) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);

            // The service sees the host that was asked for, as it would without a proxy.
            proxyRequest.Headers.Host = httpContext.Request.Host.Value;
            proxyRequest.Headers.Remove(ForwardedClientCertificate.Header);
            proxyRequest.Headers.TryAddWithoutValidation(
                ForwardedClientCertificate.Header, ForwardedClientCertificate.Of(mesh.Uri, httpContext.Features.GetRequiredFeature<MeshPeer>()));
        }
    }
}
