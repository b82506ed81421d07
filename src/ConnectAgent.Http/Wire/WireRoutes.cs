namespace ConnectAgent.Http.Wire;

/// <summary>Where resources put their paths: exactly as the wire has them, with their case, and with their own answer to a wrong method.</summary>
internal sealed class WireRoutes
{
    private readonly List<WireRoute> _routes = [];

    public IReadOnlyList<WireRoute> All => _routes;

    /// <summary>Adds a path. A <c>*</c> stands for a name in the middle.</summary>
    /// <exception cref="ArgumentException">A method says nothing of what it needs: the daemon does not start.</exception>
    public void MapWire(string path, params (string Method, Permission Permission, WireHandler Handler)[] methods) => _routes.Add(RouteOf(path, methods));

    /// <summary>The same for a path whose handlers answer at once what memory knows (<see cref="WireRoute.AnswersAtOnce"/>).</summary>
    /// <exception cref="ArgumentException">As for <see cref="MapWire"/>.</exception>
    public void MapCached(string path, params (string Method, Permission Permission, WireHandler Handler)[] methods) =>
        _routes.Add(RouteOf(path, methods) with { AnswersAtOnce = true });

    /// <summary>The same for a path of which nothing is read here: it is the servers', or nobody's. A handler that does read looks at <see cref="InputLimits"/> itself.</summary>
    /// <exception cref="ArgumentException">As for <see cref="MapWire"/>.</exception>
    public void MapUnread(string path, params (string Method, Permission Permission, WireHandler Handler)[] methods) =>
        _routes.Add(RouteOf(path, methods) with { ReadsInput = false });

    /// <summary>The same for a path that tells of its methods in its own way (<see cref="WireRoute.IsSelfDescribed"/>).</summary>
    /// <exception cref="ArgumentException">As for <see cref="MapWire"/>.</exception>
    public void MapSelfDescribed(string path, params (string Method, Permission Permission, WireHandler Handler)[] methods) =>
        _routes.Add(RouteOf(path, methods) with { IsSelfDescribed = true });

    private static WireRoute RouteOf(string path, (string Method, Permission Permission, WireHandler Handler)[] methods)
    {
        var (prefix, suffix) = path.Split('*') is [var before, var after] ? (before, after) : (path, string.Empty);
        return new WireRoute(prefix, [.. methods.Select(method => new WireMethod(
            method.Method,
            method.Permission ?? throw new ArgumentException($"{method.Method} {path} declares no permission", nameof(methods)),
            method.Handler))], suffix);
    }
}
