using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Client.AspNetCore;

/// <summary>Asks the agent about each request.</summary>
internal sealed class ConnectAuthorizationMiddleware(RequestDelegate next, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("ConnectAgent.Client.AspNetCore");

    /// <summary>Serves what is allowed.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<IConnectPeerFeature>() is not { } feature)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        var (identity, peer) = (feature.Identity, feature.Peer);
        try
        {
            var decision = await identity.AuthorizeHttpAsync(peer, context.Request.Method, TargetOf(context), HeadersOf(context.Request), context.RequestAborted);
            if (!decision.Authorized)
            {
                _logger.RequestDenied(identity.Service, peer.Uri, decision.Reason);
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }
        }
        catch (ConnectException error)
        {
            _logger.RequestUndecided(identity.Service, peer.Uri, error.Message);

            // 400 is about the request: it is one that no server could be sure of.
            context.Response.StatusCode = error.Status == StatusCodes.Status400BadRequest ? StatusCodes.Status403Forbidden : StatusCodes.Status503ServiceUnavailable;
            return;
        }

        if (context.User.Identity is not { IsAuthenticated: true })
        {
            context.User = feature.Principal;
        }

        await next(context);
    }

    private static string TargetOf(HttpContext context) =>
        context.Features.Get<IHttpRequestFeature>() is { RawTarget: { Length: > 0 } target } ? target : context.Request.Path + context.Request.QueryString;

    private static IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> HeadersOf(HttpRequest request) =>
        request.Headers.Select(static header => new KeyValuePair<string, IReadOnlyList<string>>(header.Key, [.. header.Value.Select(static value => value ?? string.Empty)]));
}

/// <summary>A feature of the server: the application asks about each request.</summary>
internal sealed class RequestsAreAuthorized;
