using ConnectAgent.Agent;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Wire;

/// <summary>One request, split as the reference splits it.</summary>
/// <param name="context">The framework's view.</param>
/// <param name="query">The decoded query.</param>
/// <param name="tail">What the path has behind the route's prefix, percent-decoded before splitting (http-conventions PATH-5).</param>
/// <param name="agent">For defaults of datacenter and token.</param>
/// <param name="options">For the form of the answer.</param>
internal sealed class WireRequest(HttpContext context, WireQuery query, string tail, AgentIdentity agent, WireOptions options)
{
    private const string Bearer = "Bearer";

    public HttpContext Context { get; } = context;

    public WireQuery Query { get; } = query;

    public string Tail { get; } = tail;

    /// <summary>Whether JSON is to be indented (http-conventions JSON-2).</summary>
    public bool IsPretty => options.AlwaysPretty || Query.Has("pretty");

    /// <summary>Whether <c>?cached</c> counts (CON-3).</summary>
    public bool UsesCache => options.UseCache;

    public CancellationToken Aborted => Context.RequestAborted;

    /// <summary>Set before the work of endpoints that send query headers with its failure, too (http-conventions HDR-3).</summary>
    public bool FailsWithQueryHeaders { get; set; }

    /// <summary>Whether the caller gave a token of its own.</summary>
    public bool HasToken => OwnToken().Length > 0;

    /// <summary>The effective token: the caller's, else the agent's default one, else empty (TOK-1 to TOK-3). Never logged.</summary>
    public string Token() => OwnToken() is { Length: > 0 } own ? own : agent.DefaultToken;

    private string OwnToken()
    {
        var token = Query.First("token");
        return token.Length > 0 ? Known(token) : TokenOf(Context.Request.Headers);
    }

    /// <summary>The token that the headers give; empty for none.</summary>
    internal static string TokenOf(IHeaderDictionary headers) =>
        Known(First(headers["X-Consul-Token"]) is { Length: > 0 } token ? token : BearerToken(First(headers.Authorization)));

    /// <summary>The datacenter asked for, else the agent's own (DC-1).</summary>
    public string Datacenter() => Query.First("dc") is { Length: > 0 } asked ? asked : agent.Datacenter;

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

    // What is too long goes no further than here (FA-1).
    private static string Known(string token) => TokenText.IsTooLong(token) ? TokenText.Unknown : token;

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
