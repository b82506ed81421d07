namespace ConnectAgent.Http.Wire;

/// <summary>Handles one method of one path.</summary>
internal delegate Task WireHandler(WireRequest request);

/// <summary>One method of a path.</summary>
/// <param name="Permission">What the handler asks of the caller's token, or what is asked before it (<see cref="RouteAccess"/>).</param>
internal sealed record WireMethod(string Method, Permission Permission, WireHandler Handler);

/// <summary>A path and its methods (http-conventions MET-1, PATH-1).</summary>
/// <param name="Path">One that ends in a slash takes everything below it.</param>
/// <param name="Methods">In the order that <c>Allow</c> lists them.</param>
/// <param name="Suffix">For paths with a name in the middle: what follows it. Taken only for the methods that it has.</param>
/// <param name="ReadsInput">Whether names and parameters are read here, and so have to be within <see cref="InputLimits"/>.</param>
internal sealed record WireRoute(string Path, IReadOnlyList<WireMethod> Methods, string Suffix = "", bool ReadsInput = true)
{
    /// <summary>The path as it was mapped; no other route has the same.</summary>
    public string Pattern { get; } = Suffix.Length == 0 ? Path : Path + "*" + Suffix;

    public bool TakesAllBelow => Path.EndsWith('/');

    /// <summary>
    /// Whether the handlers answer at once what memory knows, and hold the request by themselves before they wait (<see cref="WireRequest.Hold"/>). All
    /// other requests are held before the handler is called.
    /// </summary>
    public bool AnswersAtOnce { get; init; }

    /// <summary>
    /// Whether it answers wrong methods as the reference's handlers of prepared queries do (services PQ-1): it is taken for all of them, <c>Allow</c> does not
    /// name OPTIONS, and OPTIONS gets an empty object.
    /// </summary>
    public bool IsSelfDescribed { get; init; }

    public string Allow { get; } = string.Join(',', Methods.Select(known => known.Method).Prepend(HttpMethods.Options));

    public bool Matches(string path, string method) =>
        path.StartsWith(Path, StringComparison.Ordinal)
        && (Suffix.Length == 0 || (path.Length > Path.Length + Suffix.Length && path.EndsWith(Suffix, StringComparison.Ordinal)
            && (IsSelfDescribed || method == HttpMethods.Options || Has(method))));

    private bool Has(string method) => Methods.Any(known => known.Method == method);

    /// <summary>The name that a path has behind the prefix.</summary>
    public ReadOnlySpan<char> TailOf(string path) => TakesAllBelow ? path.AsSpan()[Path.Length..^Suffix.Length] : default;
}
