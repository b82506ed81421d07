using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// The body of an authorize call (intentions AUTHZ-1); the serial is accepted whatever it holds. A call about a request has its
/// attributes, too.
/// </summary>
internal readonly record struct AuthorizeBody(string Target, string ClientCertUri, string ClientCertSerial, RequestAttributes? Request)
{
    private const string GoType = "ConnectAuthorizeRequest";

    /// <summary>A call about a connection.</summary>
    public static SchemaType<AuthorizeBody> Schema { get; } = Fields(request: null);

    /// <summary>A call about a request.</summary>
    public static SchemaType<AuthorizeBody> HttpSchema { get; } = Fields(new RequestAttributes(string.Empty, string.Empty, RequestHeadersBody.Schema.Empty))
        .Field("Method", SchemaTypes.Text, static (asked, method) => asked with { Request = asked.Request! with { Method = method } })
        .Field("Path", SchemaTypes.Text, static (asked, path) => asked with { Request = asked.Request! with { Path = path } })
        .Field("Headers", RequestHeadersBody.Schema, static (asked, headers) => asked with { Request = asked.Request! with { Headers = headers } });

    private static RecordType<AuthorizeBody> Fields(RequestAttributes? request) => new RecordType<AuthorizeBody>(
            () => new(string.Empty, string.Empty, string.Empty, request), GoType, "of type structs." + GoType)
        .Field("Target", SchemaTypes.Text, static (asked, target) => asked with { Target = target })
        .Field("ClientCertURI", SchemaTypes.Text, static (asked, uri) => asked with { ClientCertUri = uri })
        .Field("ClientCertSerial", SchemaTypes.Text, static (asked, serial) => asked with { ClientCertSerial = serial });
}

/// <summary>The attributes of a request as the body gives them.</summary>
internal sealed record RequestAttributes(string Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    public HttpAttributes ToAttributes(HttpEvaluation evaluation) => new(Method, Path, new RequestHeaders(Headers), evaluation);
}
