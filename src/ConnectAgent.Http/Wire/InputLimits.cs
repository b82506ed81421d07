using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// What a caller spells is bounded here, before anything is looked up, kept or logged by it. No real client comes near these bounds. A token that is
/// too long is no error but an unknown one (<see cref="WireRequest.Token"/>).
/// </summary>
internal static class InputLimits
{
    [Limit(ParametersLimit, "parameters", "refused: 400", Refuses = true)]
    public const int MostParameters = 256;

    /// <summary>Values of one parameter that is a list (http-conventions HTTP-4).</summary>
    [Limit(ListLimit, "values", "refused: 400", Refuses = true)]
    public const int MostListed = 64;

    /// <summary>A name in the path, in a body, or the value of a query parameter; names of intentions have 3000 bytes by rule (intentions CE-11).</summary>
    [Limit(NameLimit, "bytes", "refused: 400", Refuses = true)]
    public const int LongestName = 4096;

    /// <summary>The longest filter expression that is read (http-conventions FLT-8).</summary>
    [Limit(FilterLimit, "bytes", "refused: 400", Refuses = true)]
    public const int LongestFilter = 8192;

    private const string ParametersLimit = "http.parameters";
    private const string ListLimit = "http.list";
    private const string NameLimit = "http.name";
    private const string FilterLimit = "http.filter";
    private const int Quotable = 32;

    private static readonly string[] Lists = ["name", "tag", "node-meta"];

    /// <summary>Looks at the query before it is taken apart.</summary>
    /// <returns>Why the request is refused; null when it may go on.</returns>
    public static WireException? Refuse(string query) => query.AsSpan().Count('&') < MostParameters
        ? null
        : TooMany("query parameters", MostParameters, ParametersLimit);

    /// <summary>Looks at the name in the path and at each parameter, known or not.</summary>
    /// <exception cref="WireException">400.</exception>
    public static void Require(WireRequest request)
    {
        RequireName("the name in the path", request.TailSpan);
        if (request.Query.Pairs.Count == 0)
        {
            return;
        }

        // By position: an enumerator would have to be made.
        for (var i = 0; i < request.Query.Pairs.Count; i++)
        {
            var (name, value) = request.Query.Pairs[i];
            switch (name)
            {
                case "token":
                    break;
                case "filter":
                    Require(name, value, LongestFilter, FilterLimit);
                    break;
                case "spiffe_id":
                    RequireUri(name, value);
                    break;
                default:
                    RequireName(name, value);
                    break;
            }
        }

        foreach (var list in Lists)
        {
            if (request.Query.Pairs.Count > MostListed && request.Query.All(list).Count > MostListed)
            {
                throw TooMany($"values of {list}", MostListed, ListLimit);
            }
        }
    }

    /// <summary>Bounds a name.</summary>
    /// <param name="field">What the caller calls it.</param>
    /// <param name="value">A name, for instance of a service.</param>
    /// <exception cref="WireException">400.</exception>
    public static void RequireName(string field, ReadOnlySpan<char> value) => Require(field, value, LongestName, NameLimit);

    /// <summary>Bounds a SPIFFE ID.</summary>
    /// <param name="field">What the caller calls it.</param>
    /// <param name="value">A SPIFFE ID.</param>
    /// <exception cref="WireException">400.</exception>
    public static void RequireUri(string field, string value) => Require(field, value, SpiffeId.Longest, SpiffeId.LengthLimit);

    private static void Require(string field, ReadOnlySpan<char> value, int bytes, string limit)
    {
        if (TextLength.Exceeds(value, bytes))
        {
            var shown = field.Length <= Quotable ? field : "a query parameter";
            throw new WireException(StatusCodes.Status400BadRequest, $"Bad request: {shown} is longer than {bytes} bytes") { Limit = limit };
        }
    }

    private static WireException TooMany(string what, int most, string limit) =>
        new(StatusCodes.Status400BadRequest, $"Bad request: more than {most} {what}") { Limit = limit };
}
