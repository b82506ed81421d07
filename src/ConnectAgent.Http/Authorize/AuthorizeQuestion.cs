using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// The body of an authorize call (intentions AUTHZ-1); the serial is accepted whatever it holds. A question about a request has its
/// attributes, too.
/// </summary>
internal readonly record struct AuthorizeQuestion(string Target, string ClientCertUri, string ClientCertSerial, RequestQuestion? Request)
{
    public const string GoType = "ConnectAuthorizeRequest";

    /// <summary>Reads a question about a connection.</summary>
    public static AuthorizeQuestion Read(ref GoJsonReader json) => Read(ref json, request: null);

    /// <summary>Reads a question about a request.</summary>
    public static AuthorizeQuestion ReadHttp(ref GoJsonReader json) => Read(ref json, new RequestQuestion());

    private static AuthorizeQuestion Read(ref GoJsonReader json, RequestQuestion? request)
    {
        var (target, uri, serial) = (string.Empty, string.Empty, string.Empty);
        if (json.BeginDocument("structs." + GoType))
        {
            while (json.NextField())
            {
                if (json.Is("Target"))
                {
                    target = json.String(GoType + ".Target") ?? target;
                }
                else if (json.Is("ClientCertURI"))
                {
                    uri = json.String(GoType + ".ClientCertURI") ?? uri;
                }
                else if (json.Is("ClientCertSerial"))
                {
                    serial = json.String(GoType + ".ClientCertSerial") ?? serial;
                }
                else if (request?.TryReadField(ref json) is not true)
                {
                    json.Unknown();
                }
            }
        }

        json.End();
        return new AuthorizeQuestion(target, uri, serial, request);
    }
}

/// <summary>The attributes of a request as the body gives them.</summary>
internal sealed class RequestQuestion
{
    /// <summary>Names and values of all headers together, in characters.</summary>
    [Limit("authorize.header_length", "characters", "refused: 400", Refuses = true)]
    public const int LongestHeaders = 64 * 1024;

    /// <summary>Header values in all.</summary>
    [Limit("authorize.headers", "headers", "refused: 400", Refuses = true)]
    public const int MostHeaders = 1000;

    private readonly List<KeyValuePair<string, string>> _headers = [];
    private int _length;

    public string Method { get; private set; } = string.Empty;

    public string Path { get; private set; } = string.Empty;

    public HttpAttributes ToAttributes(HttpEvaluation evaluation) => new(Method, Path, new RequestHeaders(_headers), evaluation);

    /// <summary>Takes the field just entered if it is an attribute.</summary>
    /// <exception cref="GoJsonException">The headers are over their bounds, or no headers.</exception>
    public bool TryReadField(ref GoJsonReader json)
    {
        if (json.Is("Method"))
        {
            Method = json.String(AuthorizeQuestion.GoType + ".Method") ?? Method;
        }
        else if (json.Is("Path"))
        {
            Path = json.String(AuthorizeQuestion.GoType + ".Path") ?? Path;
        }
        else if (json.Is("Headers"))
        {
            ReadHeaders(ref json);
        }
        else
        {
            return false;
        }

        return true;
    }

    // An object: name to text, or to a list of texts. A name that comes again, in whatever case, was sent again. Null is no header.
    private void ReadHeaders(ref GoJsonReader json)
    {
        const string Field = AuthorizeQuestion.GoType + ".Headers";
        if (!json.BeginObject(Field + " of type map[string][]string"))
        {
            return;
        }

        // As for every field, a later one replaces an earlier one.
        _headers.Clear();
        _length = 0;
        while (json.NextField())
        {
            var name = json.Name;
            if (!json.IsArray)
            {
                Add(name, json.String(Field));
                continue;
            }

            json.BeginArray(Field);
            while (json.NextElement())
            {
                Add(name, json.String(Field));
            }
        }
    }

    private void Add(string name, string? value)
    {
        if (value is null)
        {
            return;
        }

        if (!FieldText.IsName(name))
        {
            throw new GoJsonException($"no header may have the name {GoQuote.Of(name[..Math.Min(name.Length, 64)])}");
        }

        if (!FieldText.IsValue(value))
        {
            throw new GoJsonException($"a control character in the header {name}");
        }

        _length += name.Length + value.Length;
        if (_headers.Count == MostHeaders || _length > LongestHeaders)
        {
            throw new GoJsonException($"more than {MostHeaders} headers or {LongestHeaders} characters in them")
            {
                Limit = _headers.Count == MostHeaders ? "authorize.headers" : "authorize.header_length",
            };
        }

        _headers.Add(new(name, value));
    }
}
