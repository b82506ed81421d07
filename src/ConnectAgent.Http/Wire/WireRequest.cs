using ConnectAgent.Agent.Identity;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Wire;

/// <summary>One request, split as the reference splits it.</summary>
/// <remarks>One that was answered at once is used again for the next on its thread, because a cache hit makes nothing.</remarks>
internal sealed class WireRequest
{
    private const string Bearer = "Bearer";

    [ThreadStatic]
    private static WireRequest? _spare;

    private AgentIdentity _agent;
    private WireOptions _options;
    private RequestHold? _hold;
    private string? _tail;

    /// <summary>Begins to answer a request.</summary>
    /// <param name="context">The framework's view.</param>
    /// <param name="query">The decoded query.</param>
    /// <param name="tail">What the path has behind the route's prefix, percent-decoded before splitting (http-conventions PATH-5).</param>
    /// <param name="agent">For defaults of datacenter and token.</param>
    /// <param name="options">For the form of the answer.</param>
    public WireRequest(HttpContext context, WireQuery query, string tail, AgentIdentity agent, WireOptions options)
    {
        (Context, Query, _tail, _agent, _options) = (context, query, tail, agent, options);
        (Method, Path) = (context.Request.Method, tail);
    }

    public HttpContext Context { get; private set; }

    public string Method { get; private set; }

    /// <summary>As sent.</summary>
    public string Target { get; private set; } = string.Empty;

    /// <summary>Decoded; empty until it was taken apart.</summary>
    public string Path { get; private set; }

    public WireQuery Query { get; private set; }

    /// <summary>The name in the path; see <see cref="TailSpan"/> for who makes nothing.</summary>
    public string Tail => _tail ??= TailSpan.ToString();

    /// <summary>The same, in place.</summary>
    public ReadOnlySpan<char> TailSpan => _tail is { } tail ? tail : Route!.Route.TailOf(Path);

    /// <summary>Null until it was found.</summary>
    public ServedRoute? Route { get; private set; }

    /// <summary>Whether JSON is to be indented (http-conventions JSON-2).</summary>
    public bool IsPretty => _options.AlwaysPretty || Query.Has("pretty");

    /// <summary>Whether <c>?cached</c> counts (CON-3).</summary>
    public bool UsesCache => _options.UseCache;

    /// <summary>The caller going away. Made when it is first asked for, so only whoever waits does.</summary>
    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Set before the work of endpoints that send query headers with its failure, too (http-conventions HDR-3).</summary>
    public bool FailsWithQueryHeaders { get; set; }

    /// <summary>Whether the caller gave a token of its own.</summary>
    public bool HasToken => OwnToken().Length > 0;

    public bool IsHeld { get; private set; }

    /// <summary>A request that came in.</summary>
    public static WireRequest Begin(HttpContext context, string target, AgentIdentity agent, WireOptions options, RequestHold hold)
    {
        if (_spare is not { } request)
        {
            return new WireRequest(context, WireQuery.Empty, string.Empty, agent, options) { Target = target, _hold = hold };
        }

        _spare = null;
        (request.Context, request.Method, request.Target, request.Path) = (context, context.Request.Method, target, string.Empty);
        (request.Query, request.Route, request._tail) = (WireQuery.Empty, null, string.Empty);
        (request._agent, request._options, request._hold) = (agent, options, hold);
        (request.FailsWithQueryHeaders, request.IsHeld) = (false, false);
        return request;
    }

    /// <summary>It was answered, and nobody has it any more.</summary>
    public void End()
    {
        Context = null!;
        _spare = this;
    }

    /// <summary>Its target was taken apart, and there is such a route.</summary>
    public void Found(ServedRoute route, string path, WireQuery query) => (Route, Path, Query, _tail) = (route, path, query, null);

    /// <summary>Before it waits for anything, its body included: it is held from now on (FA-1). Twice is once.</summary>
    /// <exception cref="WireException">429.</exception>
    public void Hold()
    {
        if (!IsHeld && _hold is not null)
        {
            IsHeld = true;
            _hold.Begin(Context, Target);
        }
    }

    /// <summary>The effective token: the caller's, else the agent's default one, else empty (TOK-1 to TOK-3). Never logged.</summary>
    public string Token() => OwnToken() is { Length: > 0 } own ? own : _agent.DefaultToken;

    /// <summary>The datacenter asked for, else the agent's own (DC-1).</summary>
    public string Datacenter() => Query.First("dc") is { Length: > 0 } asked ? asked : _agent.Datacenter;

    /// <summary>Where this agent is.</summary>
    public string OwnDatacenter => _agent.Datacenter;

    /// <summary>Refuses namespaces (NS-1): the header is looked at first.</summary>
    /// <exception cref="WireException">400.</exception>
    public void RefuseNamespace()
    {
        if (Context.Request.Headers["X-Consul-Namespace"].ToString().Length > 0)
        {
            throw WireException.BadRequest(
                "Invalid header: \"X-Consul-Namespace\" - Namespaces are a Consul Enterprise feature");
        }

        if (Query.First("ns").Length > 0)
        {
            throw WireException.BadRequest("Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature");
        }
    }

    private string OwnToken()
    {
        var token = Query.First("token");
        if (token.Length == 0)
        {
            var headers = Context.Request.Headers;
            token = First(headers["X-Consul-Token"]) is { Length: > 0 } sent ? sent : BearerToken(First(headers.Authorization));
        }

        // What is too long goes no further than here (FA-1).
        return TokenText.IsTooLong(token) ? TokenText.Unknown : token;
    }

    // A header sent twice counts once, as the first.
    private static string First(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? string.Empty : values[0] ?? string.Empty;

    // TOK-2: split at the first space, the rest trimmed, its first word.
    private static string BearerToken(string header)
    {
        var space = header.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !header.AsSpan(0, space).Equals(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return string.Empty;
        }

        var rest = header.AsSpan(space).Trim();
        var end = rest.IndexOf(' ');
        return (end < 0 ? rest : rest[..end]).ToString();
    }
}
