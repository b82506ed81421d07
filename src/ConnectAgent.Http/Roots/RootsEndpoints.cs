using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Http.Roots;

/// <summary>Whom do I trust: the roots, answered from the cache (ca CA-9).</summary>
internal sealed class RootsEndpoints(RootsService roots, AgentIdentity agent, RenderedBodies bodies) : IWireEndpoints
{
    private static readonly Func<CaRoots, RenderedBody> Render = static roots => RenderedBodies.Render(roots, RootsJson.Default.CaRoots);

    public void Map(WireRoutes routes) =>
        routes.MapCached("/v1/agent/connect/ca/roots", (HttpMethods.Get, Permission.None, GetRootsAsync));

    private Task GetRootsAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        agent.RequireConnect();
        return options is { Blocking.Blocks: false, Filter.Length: 0 } && roots.TryRead(options.Datacenter, options.Token, out var answer)
            ? ReplyAsync(request, answer, wasWaitedFor: false)
            : WaitAsync(request, options);
    }

    private async Task WaitAsync(WireRequest request, ReadOptions options)
    {
        request.Hold();
        var answer = await roots.GetAsync(
            new RootsRequest(options.Datacenter, options.Token, options.Filter), new CacheRead(options.Blocking), request.Aborted);
        await ReplyAsync(request, answer, wasWaitedFor: true);
    }

    // http-conventions HDR-2.
    private Task ReplyAsync(WireRequest request, CacheAnswer<CaRoots> answer, bool wasWaitedFor)
    {
        var body = bodies.Of(answer.Value, Render, keep: !wasWaitedFor);
        WireReply.CachedQueryHeaders(request.Context, answer, index: body.TextOf(answer.Index));
        return WireReply.JsonAsync(request, body);
    }
}
