using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Health;

/// <summary>The health of upstreams out of the agent's cache (services section on health, agent-cache CACHE-42).</summary>
internal sealed class HealthReads(UpstreamHealth upstreams)
{
    // All that is understood here. What is not might change the answer: "near", because only servers know the distances (CACHE-43), and whatever
    // newer servers take.
    private static readonly HashSet<string> Understood = new(StringComparer.Ordinal)
    {
        "cached", "index", "wait", "dc", "token", "ns", "stale", "consistent", "max_stale", "pretty", "passing", "tag", "node-meta", "filter",
    };

    /// <summary>Whether the agent can answer it (CON-3); else it is the servers' to answer.</summary>
    public static bool Knows(WireRequest request) => request.UsesCache && request.Query.Has("cached")
        && request.Query.Pairs.All(static pair => Understood.Contains(pair.Name));

    /// <summary>Answers from the cache.</summary>
    /// <param name="request">Its path ends in the service's name.</param>
    /// <param name="connect">Whether what connects for the service is asked for (HLT-2), or the service itself.</param>
    public async Task AnswerAsync(WireRequest request, bool connect)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        if (request.Tail.Length == 0)
        {
            throw WireException.Invalid("Missing service name");
        }

        request.FailsWithQueryHeaders = true;
        var query = new HealthQuery(connect, request.Tail, request.Query.All("tag"), request.Query.All("node-meta"), options.Filter);
        var answer = await upstreams.GetAsync(
            new HealthRequest(options.Datacenter, options.Token, query), new CacheRead(options.Blocking), request.Aborted);
        WireReply.CachedQueryHeaders(request.Context, answer, options.Consistency);
        if (answer.Value.IsFiltered)
        {
            request.TellFiltered();
        }

        // HLT-3: behind the cache, and a bad word is refused when all the rest has been done.
        var health = WantsPassing(request.Query)
            ? answer.Value.Where(static instance => instance.IsPassing, isFiltered: false)
            : answer.Value;
        await WireReply.JsonAsync(request, health.Json);
    }

    private static bool WantsPassing(WireQuery query) => query.Has("passing")
        && (query.First("passing") is not { Length: > 0 } word || (GoBool.Parse(word) ?? throw WireException.Invalid("Invalid value for ?passing")));
}
