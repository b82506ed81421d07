using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace ConnectAgent.Http.Wire;

/// <summary>Handles one method of one path.</summary>
internal delegate Task WireHandler(WireRequest request);

/// <summary>One method of a path.</summary>
/// <param name="Permission">What the handler asks of the caller's token, or what the dispatcher asks before it.</param>
internal sealed record WireMethod(string Method, Permission Permission, WireHandler Handler);

/// <summary>A registered path and its methods (http-conventions MET-1, PATH-1); metadata of its endpoint.</summary>
/// <param name="Path">One that ends in a slash takes everything below it.</param>
/// <param name="Methods">In the order that <c>Allow</c> lists them.</param>
/// <param name="Suffix">For paths with a name in the middle: what follows it. Taken only for the methods that it has.</param>
/// <param name="ReadsInput">Whether names and parameters are read here, and so have to be within <see cref="InputLimits"/>.</param>
internal sealed record WireRoute(string Path, IReadOnlyList<WireMethod> Methods, string Suffix = "", bool ReadsInput = true)
{
    public bool TakesAllBelow => Path.EndsWith('/');

    public bool Matches(string path, string method) =>
        path.StartsWith(Path, StringComparison.Ordinal)
        && (Suffix.Length == 0 || (path.Length > Path.Length + Suffix.Length && path.EndsWith(Suffix, StringComparison.Ordinal)
            && (Find(method) is not null || method == HttpMethods.Options)));

    /// <summary>The name that a path has behind the prefix.</summary>
    public string TailOf(string path) => TakesAllBelow ? path[Path.Length..^Suffix.Length] : string.Empty;

    public string Allow { get; } = string.Join(',', Methods.Select(known => known.Method).Prepend(HttpMethods.Options));

    public WireMethod? Find(string method)
    {
        foreach (var known in Methods)
        {
            if (known.Method == method)
            {
                return known;
            }
        }

        return null;
    }
}

internal static class WireRouteBuilderExtensions
{
    /// <summary>
    /// Maps a path exactly as the wire has it: with its case, and with its own answer to a wrong method. A <c>*</c> stands for a name in the middle.
    /// </summary>
    /// <exception cref="ArgumentException">A method says nothing of what it needs: the daemon does not start.</exception>
    public static void MapWire(
        this IEndpointRouteBuilder routes, string path, params (string Method, Permission Permission, WireHandler Handler)[] methods) =>
        Map(routes, path, readsInput: true, methods);

    /// <summary>The same for a path of which nothing is read here: it is the servers', or nobody's. A handler that does read looks at <see cref="InputLimits"/> itself.</summary>
    /// <exception cref="ArgumentException">As for <see cref="MapWire"/>.</exception>
    public static void MapUnread(
        this IEndpointRouteBuilder routes, string path, params (string Method, Permission Permission, WireHandler Handler)[] methods) =>
        Map(routes, path, readsInput: false, methods);

    private static void Map(
        IEndpointRouteBuilder routes, string path, bool readsInput, (string Method, Permission Permission, WireHandler Handler)[] methods)
    {
        var (prefix, suffix) = path.Split('*') is [var before, var after] ? (before, after) : (path, string.Empty);
        var route = new WireRoute(prefix, [.. methods.Select(method => new WireMethod(
            method.Method,
            method.Permission ?? throw new ArgumentException($"{method.Method} {path} declares no permission", nameof(methods)),
            method.Handler))], suffix, readsInput);
        var pattern = RoutePatternFactory.Parse(route.TakesAllBelow ? prefix + "{**tail}" : prefix);

        // The dispatcher has found route, method and handler already; it left them in the features.
        routes.Map(pattern, static context => context.Features.GetRequiredFeature<WireCall>().InvokeAsync()).WithMetadata(route);
    }
}

/// <summary>What the dispatcher hands to the endpoint.</summary>
internal sealed record WireCall(WireRequest Request, WireHandler Handler)
{
    public Task InvokeAsync() => Handler(Request);
}
