using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Finds the route of a path. The framework's own matching is without case, answers HEAD as GET and knows no 301 for cleaned paths (http-conventions
/// HTTP-1), so nothing of it is used.
/// </summary>
internal sealed class WireRouter
{
    private readonly FrozenDictionary<string, ServedRoute> _exact;
    private readonly ServedRoute[] _below;

    public WireRouter(IEnumerable<IWireEndpoints> resources, HttpMetrics metrics)
    {
        var routes = new WireRoutes();
        foreach (var resource in resources)
        {
            resource.Map(routes);
        }

        Routes = routes.All;
        var served = Routes.Select(route => new ServedRoute(route, metrics)).ToList();
        _exact = served.Where(static entry => !entry.Route.TakesAllBelow).ToFrozenDictionary(static entry => entry.Route.Path, StringComparer.Ordinal);
        _below = [.. served.Where(static entry => entry.Route.TakesAllBelow).OrderByDescending(static entry => entry.Route.Path.Length)
            .ThenByDescending(static entry => entry.Route.Suffix.Length)];
    }

    public IReadOnlyList<WireRoute> Routes { get; }

    /// <summary>Finds the route that is called so.</summary>
    public bool TryFind(string path, [NotNullWhen(true)] out ServedRoute? found) => _exact.TryGetValue(path, out found);

    /// <summary>Finds the route: the exact one, else the longest that takes all below it.</summary>
    public bool TryFind(string path, string method, [NotNullWhen(true)] out ServedRoute? found)
    {
        if (TryFind(path, out found))
        {
            return true;
        }

        foreach (var candidate in _below)
        {
            if (candidate.Route.Matches(path, method))
            {
                found = candidate;
                return true;
            }
        }

        return false;
    }

    /// <summary>The path with a slash, if that is what the route is called.</summary>
    public string? WithSlash(string path, string method) =>
        TryFind(path + "/", method, out var below) && below.Route.Path.Length == path.Length + 1 ? below.Route.Path : null;
}
