namespace ConnectAgent.Protocol.Intentions;

/// <summary>How layer 7 permissions are evaluated.</summary>
/// <param name="NormalizePaths">Whether paths are brought into one form and ambiguous ones denied (intentions L7-6).</param>
/// <param name="TestEachHeaderValue">Whether deny permissions look at each part of a header, too (DEF-8).</param>
/// <param name="KeepPathParameters">
/// Whether what follows a semicolon is a part of the path like any other, as upstream's proxy takes it. Servlet containers cut it off: if not kept, it makes
/// a path ambiguous where permissions deny paths.
/// </param>
public sealed record HttpEvaluation(bool NormalizePaths = true, bool TestEachHeaderValue = true, bool KeepPathParameters = false);

/// <summary>The one request that permissions are asked about (intentions L7-4). Made once for a request.</summary>
public sealed class HttpAttributes
{
    /// <summary>Takes a request as its client sent it.</summary>
    /// <param name="method">As sent.</param>
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

    /// <summary>Why the path is ambiguous where paths are denied, and only there. Null when it is not.</summary>
    public string? DeniedPathProblem =>
        !Evaluation.KeepPathParameters && (Path.Contains(';') || Path.Contains("%3b", StringComparison.OrdinalIgnoreCase)) ? "path parameters" : null;

    public RequestHeaders Headers { get; }

    internal HttpEvaluation Evaluation { get; }
}
