using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace ConnectAgent.Http;

/// <summary>Handles one method of one path.</summary>
internal delegate Task WireHandler(WireRequest request);

/// <summary>A registered path and its methods (http-conventions MET-1, PATH-1); metadata of its endpoint.</summary>
/// <param name="Path">One that ends in a slash takes everything below it.</param>
/// <param name="Handlers">By method, in the order that <c>Allow</c> lists them.</param>
internal sealed record WireRoute(string Path, IReadOnlyList<(string Method, WireHandler Handler)> Handlers)
{
    public bool TakesAllBelow => Path.EndsWith('/');

    public string Allow { get; } = string.Join(',', Handlers.Select(handler => handler.Method).Prepend(HttpMethods.Options));

    public WireHandler? Find(string method)
    {
        foreach (var (known, handler) in Handlers)
        {
            if (known == method)
            {
                return handler;
            }
        }

        return null;
    }
}

internal static class WireRouteBuilderExtensions
{
    /// <summary>Maps a path exactly as the wire has it: with its case, and with its own answer to a wrong method.</summary>
    public static void MapWire(
        this IEndpointRouteBuilder routes, string path, params (string Method, WireHandler Handler)[] handlers)
    {
        var route = new WireRoute(path, handlers);
        var pattern = RoutePatternFactory.Parse(route.TakesAllBelow ? path + "{**tail}" : path);

        // The dispatcher has found route, method and handler already; it left them in the features.
        routes.Map(pattern, static context => context.Features.GetRequiredFeature<WireCall>().InvokeAsync()).WithMetadata(route);
    }
}

/// <summary>What the dispatcher hands to the endpoint.</summary>
internal sealed record WireCall(WireRequest Request, WireHandler Handler)
{
    public Task InvokeAsync() => Handler(Request);
}
