using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.Http.Discovery;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Chains;

/// <summary>Compiled discovery chains (services DCH-1).</summary>
internal sealed class ChainEndpoints(ChainReads chains, CachedReads cached, AgentIdentity agent) : IWireEndpoints
{
    public const string Path = "/v1/discovery-chain/";

    public void Map(WireRoutes routes)
    {
        var read = cached.PermissionOf(Path);
        routes.MapWire(Path, (HttpMethods.Get, read, GetAsync), (HttpMethods.Post, read, PostAsync));
    }

    private Task GetAsync(WireRequest request) =>
        cached.TryAnswer(request, out var answering) ? answering : AnswerAsync(request, static _ => Task.FromResult(ChainOverrides.None));

    private Task PostAsync(WireRequest request) => CachedRead.IsAskedFor(request)
        ? cached.ChainAsync(request, ChainOverridesBody.ReadTextAsync)
        : AnswerAsync(request, ChainOverridesBody.ReadAsync);

    private async Task AnswerAsync(WireRequest request, Func<WireRequest, Task<ChainOverrides>> readOverrides)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        var service = request.Tail.Length > 0 ? request.Tail : throw WireException.BadRequest("Missing chain name");
        var overrides = await readOverrides(request);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        var query = new ChainQuery(service, request.Query.First("compile-dc"), overrides: string.Empty);
        var (chain, index) = await chains.ReadAsync(query, overrides, options.Token, options.Blocking, request.Aborted);
        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        await WireReply.JsonAsync(request, writer => ChainReads.Write(writer, chain));
    }
}
