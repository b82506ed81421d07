using System.Net;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Keeps web pages out (http-conventions section 13): by DNS rebinding a page can make itself same-origin with a loopback service, and simple
/// POSTs need no preflight.
/// </summary>
internal sealed class BrowserGuard(WireSettings settings) : IWireRule
{
    /// <summary>Looks at <c>Host</c> and <c>Origin</c>.</summary>
    /// <returns>Why the request is refused; null when it may go on.</returns>
    public WireException? Refuse(WireRequest request) => Refuse(request.Context);

    /// <inheritdoc cref="Refuse(WireRequest)"/>
    public WireException? Refuse(HttpContext context)
    {
        if (settings.Value.CheckHost && !IsOurs(context))
        {
            return Refusal("Host not allowed: connect_agent.allowed_hosts names those that are", "connect_agent.allowed_hosts");
        }

        var origin = context.Request.Headers.Origin.ToString();
        return origin.Length == 0 || IsSafe(context.Request.Method) || IsAllowed(origin)
            ? null
            : Refusal(
                "Origin not allowed: Access-Control-Allow-Origin in http_config.response_headers names the one that is", "http_config.response_headers");
    }

    private static WireException Refusal(string text, string setting) => new(StatusCodes.Status403Forbidden, text) { Setting = setting };

    // SEC-2: skipped on Unix sockets and for HTTP/1.0 without a Host.
    private bool IsOurs(HttpContext context)
    {
        if (IsLoopback(context.Request.Headers.Host.ToString()))
        {
            return true;
        }

        var host = context.Request.Host.Host;
        if (host.Length == 0 || context.Connection.LocalIpAddress is not { } local)
        {
            return true;
        }

        return IPAddress.TryParse(host.Trim('[', ']'), out var literal)
            ? IPAddress.IsLoopback(literal) || literal.Equals(local)
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
                || settings.Value.AllowedHosts.Contains(host, StringComparer.OrdinalIgnoreCase);
    }

    // The names that nearly all callers use, looked at without making anything.
    private static bool IsLoopback(ReadOnlySpan<char> host)
    {
        var colon = host.LastIndexOf(':');
        if (colon >= 0 && !host[(colon + 1)..].ContainsAnyExceptInRange('0', '9'))
        {
            host = host[..colon];
        }

        return host is "127.0.0.1" or "[::1]" || host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS";

    // SEC-3: who opens CORS for an origin trusts it.
    private bool IsAllowed(string origin) =>
        settings.Value.ResponseHeaders.TryGetValue("Access-Control-Allow-Origin", out var allowed) && (allowed == "*" || allowed == origin);
}
