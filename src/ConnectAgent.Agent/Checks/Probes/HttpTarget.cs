using System.Text;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>The requests of an HTTP check (services CHK-3).</summary>
internal sealed class HttpTarget
{
    private const string Host = "Host";

    private readonly CheckDefinition _definition;
    private readonly byte[]? _body;
    private readonly string? _credentials;

    public HttpTarget(CheckDefinition definition)
    {
        (_definition, Method) = (definition, definition.Method.Length > 0 ? definition.Method : "GET");
        _body = definition.Body.Length > 0 ? Encoding.UTF8.GetBytes(definition.Body) : null;
        Uri = Uri.TryCreate(definition.Http, UriKind.Absolute, out var uri) && IsHttp(uri) ? uri : null;
        _credentials = Uri?.UserInfo is { Length: > 0 } user ? Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(user))) : null;
        Shown = Uri?.UserInfo.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? definition.Http.Replace(Uri.UserInfo, Uri.UserInfo[..colon] + ":xxxxx", StringComparison.Ordinal)
            : Uri is null && definition.Http.Contains('@', StringComparison.Ordinal) ? "<hidden>" : definition.Http;
    }

    public string Method { get; }

    /// <summary>Null when the definition's is none.</summary>
    public Uri? Uri { get; }

    /// <summary>The address as outputs show it: without the password, for everybody may read them who may see the service.</summary>
    public string Shown { get; }

    public static bool IsHttp(Uri uri) => uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps;

    /// <summary>The first request.</summary>
    /// <exception cref="FormatException">Its method or one of its headers is none.</exception>
    public HttpRequestMessage First() => Request(new HttpMethod(Method), Uri!, hasBody: true, isOwn: true);

    /// <summary>The request that follows a redirect. What the definition adds goes to nobody but the host that it names, over TLS where it says so.</summary>
    public HttpRequestMessage After(HttpRequestMessage before, int status, Uri next)
    {
        var keeps = status is 307 or 308 || before.Method == HttpMethod.Get || before.Method == HttpMethod.Head;
        var isOwn = next.Authority == Uri!.Authority && next.Scheme == Uri.Scheme;
        return Request(keeps ? before.Method : HttpMethod.Get, next, hasBody: keeps && isOwn, isOwn);
    }

    private HttpRequestMessage Request(HttpMethod method, Uri uri, bool hasBody, bool isOwn)
    {
        var request = new HttpRequestMessage(method, uri);
        request.Headers.ConnectionClose = true;
        if (hasBody && _body is not null)
        {
            request.Content = new ByteArrayContent(_body);
        }

        foreach (var (name, values) in isOwn ? _definition.Header : CheckDefinition.None.Header)
        {
            Add(request, name, values);
        }

        if (isOwn && _credentials is not null && !request.Headers.Contains("Authorization"))
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + _credentials);
        }

        Default(request, "User-Agent", "Consul Health Check");
        Default(request, "Accept", "text/plain, text/*, */*");
        return request;
    }

    private static void Add(HttpRequestMessage request, string name, IReadOnlyList<string> values)
    {
        // Nothing else looks: with a line break in it, it would be two headers, or another request.
        if (values.Any(static value => value.Any(static c => char.IsControl(c) && c != '\t')))
        {
            throw new FormatException($"net/http: invalid header field value for {GoQuote.Of(name)}");
        }

        if (name.Equals(Host, StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.Host = values.Count > 0 ? values[0] : null;
        }
        else if (!request.Headers.TryAddWithoutValidation(name, values))
        {
            // It describes the body.
            request.Content ??= new ByteArrayContent([]);
            if (!request.Content.Headers.TryAddWithoutValidation(name, values))
            {
                throw new FormatException($"net/http: invalid header field name {GoQuote.Of(name)}");
            }
        }
    }

    private static void Default(HttpRequestMessage request, string name, string value)
    {
        if (!request.Headers.Contains(name))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }
}
