using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Discovery;

/// <summary>A path that the agent's cache answers when the caller says <c>?cached</c> (agent-cache CACHE-42).</summary>
/// <param name="Path">As in <see cref="WireRoutes"/>.</param>
/// <param name="Permission">What its GET needs.</param>
/// <param name="Understood">
/// The parameters that are understood here beside those of all reads. What else there is might change the answer: an agent in front of servers has it
/// answered by them.
/// </param>
/// <param name="AnswerAsync">Answers a request from the cache.</param>
internal sealed record CachedRead(string Path, Permission Permission, IReadOnlyList<string> Understood, WireHandler AnswerAsync)
{
    private static readonly string[] Shared =
        ["cached", "index", "wait", "dc", "token", "ns", "stale", "consistent", "max_stale", "pretty"];

    /// <summary>Whether a request wants what is cached (CON-3).</summary>
    public static bool IsAskedFor(WireRequest request) => request.UsesCache && request.Query.Has("cached");

    /// <summary>Whether all that the request says is understood here.</summary>
    public bool Understands(WireRequest request) =>
        request.Query.Pairs.All(pair => Shared.Contains(pair.Name, StringComparer.Ordinal) || Understood.Contains(pair.Name, StringComparer.Ordinal));
}
