namespace ConnectAgent.Protocol.Intentions;

/// <summary>How layer 7 permissions are evaluated.</summary>
/// <param name="NormalizePaths">Whether paths are brought into one form and ambiguous ones denied (intentions L7-6).</param>
/// <param name="TestEachHeaderValue">Whether deny permissions look at each value of a repeated header, too (DEF-8).</param>
public sealed record HttpEvaluation(bool NormalizePaths = true, bool TestEachHeaderValue = true);

/// <summary>The one request that permissions are asked about (intentions L7-4). Made once for a request.</summary>
public sealed class HttpAttributes
{
    /// <summary>Takes a request as its client sent it.</summary>
    /// <param name="method">As sent; compared exactly.</param>
    /// <param name="target">The request target as sent, with or without its query.</param>
    /// <param name="headers">The header fields.</param>
    /// <param name="evaluation">How to evaluate.</param>
    public HttpAttributes(string method, string target, RequestHeaders headers, HttpEvaluation evaluation)
    {
        (Method, Headers, Evaluation) = (method, headers, evaluation);
        if (evaluation.NormalizePaths)
        {
            PathProblem = RequestPath.Normalize(target, out var path);
            Path = path;
            return;
        }

        Path = RequestPath.Of(target);
        PathProblem = Path.Length > RequestPath.Longest ? "too long" : null;
    }

    public string Method { get; }

    /// <summary>What path conditions see.</summary>
    public string Path { get; }

    /// <summary>Why the path is ambiguous: no permission is then asked, and the request is denied (L7-6). Null when it is not.</summary>
    public string? PathProblem { get; }

    public RequestHeaders Headers { get; }

    internal HttpEvaluation Evaluation { get; }
}

/// <summary>The header fields of one request (intentions L7-5): names without case, a repeated one is one value joined with commas.</summary>
public sealed class RequestHeaders
{
    private readonly Dictionary<string, HeaderField> _fields = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes the fields as they were sent.</summary>
    /// <param name="fields">In the order sent; a repeated name has several.</param>
    public RequestHeaders(IEnumerable<KeyValuePair<string, string>> fields)
    {
        foreach (var (name, value) in fields)
        {
            if (!_fields.TryGetValue(name, out var field))
            {
                _fields.Add(name, field = new HeaderField());
            }

            field.Add(value);
        }
    }

    public static RequestHeaders None { get; } = new([]);

    internal HeaderField? Find(string name) => _fields.GetValueOrDefault(name);
}

/// <summary>One header with all its values.</summary>
internal sealed class HeaderField
{
    private readonly List<string> _each = [];
    private string? _joined;

    /// <summary>The values one by one.</summary>
    public IReadOnlyList<string> Each => _each;

    /// <summary>Joined with a comma and no space (L7-5).</summary>
    public string Joined => _joined ??= _each.Count == 1 ? _each[0] : string.Join(',', _each);

    public void Add(string value) => _each.Add(value);
}
