using System.Diagnostics.Metrics;

namespace ConnectAgent.Http.Wire;

/// <summary>A route with what is counted of it, found once and not with each request.</summary>
internal sealed class ServedRoute(WireRoute route, HttpMetrics metrics)
{
    private readonly (WireMethod Method, HttpMetrics.Counter Answered)[] _methods =
        [.. route.Methods.Select(method => (method, metrics.CounterOf(NameOf(route), method.Method, StatusCodes.Status200OK)))];

    public WireRoute Route => route;

    /// <summary>Null where nobody asks for them.</summary>
    public Histogram<double>? Durations { get; } = metrics.DurationsOf(route.Path);

    public WireMethod? Find(string method)
    {
        foreach (var (known, _) in _methods)
        {
            if (known.Method == method)
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>Counts an answer.</summary>
    /// <param name="isMistake">It is the caller's, whatever status a rule asks for (acl ACL-DEF-5).</param>
    public void Answered(string method, int status, bool isMistake)
    {
        var name = "other";
        foreach (var (known, answered) in _methods)
        {
            if (known.Method == method)
            {
                if (status == StatusCodes.Status200OK)
                {
                    answered.Increment();
                    return;
                }

                name = method;
            }
        }

        metrics.Answered(NameOf(route), name, status, isMistake);
    }

    private static string NameOf(WireRoute route) => route.Path + route.Suffix;
}
