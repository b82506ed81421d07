using ConnectAgent.Agent;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Roots;

/// <summary>Whom do I trust: the roots, answered from the cache (ca CA-9).</summary>
internal sealed class RootsEndpoints(RootsService roots, AgentIdentity agent) : IWireEndpoints
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapWire("/v1/agent/connect/ca/roots", (HttpMethods.Get, Permission.None, GetRootsAsync));

    // http-conventions HDR-2.
    private async Task GetRootsAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        agent.RequireConnect();
        var answer = await roots.GetAsync(
            new RootsRequest(options.Datacenter, options.Token, options.Filter), new CacheRead(options.Blocking), request.Aborted);
        WireReply.CachedQueryHeaders(request.Context, answer);
        await WireReply.JsonAsync(request, answer.Value, RootsJson.Default.CaRoots);
    }
}
