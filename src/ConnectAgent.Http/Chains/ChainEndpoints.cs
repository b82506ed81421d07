using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Chains;

namespace ConnectAgent.Http.Chains;

/// <summary>Compiled discovery chains (services DCH-1).</summary>
internal sealed class ChainEndpoints(ChainStore chains, TokenResolver tokens, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        var read = Permission.Of(AclResource.Service, AclAccess.Read, "the name");
        routes.MapWire("/v1/discovery-chain/", (HttpMethods.Get, read, GetAsync), (HttpMethods.Post, read, PostAsync));
    }

    private Task GetAsync(WireRequest request) => AnswerAsync(request, static _ => Task.FromResult(ChainOverrides.None));

    private Task PostAsync(WireRequest request) => AnswerAsync(request, ChainOverridesBody.ReadAsync);

    private async Task AnswerAsync(WireRequest request, Func<WireRequest, Task<ChainOverrides>> readOverrides)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        var service = request.Tail.Length > 0 ? request.Tail : throw WireException.BadRequest("Missing chain name");
        var overrides = await readOverrides(request);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        var right = new AccessRequest(AclResource.Service, service, AclAccess.Read);
        await servers.RequireAsync(options.Token, right, request.Aborted);
        var evaluated = request.Query.First("compile-dc") is { Length: > 0 } other ? other : agent.Datacenter;
        var (chain, index) = await chains.ReadAsync(
            new ChainRequest(service, evaluated, agent.Datacenter, TrustDomain: string.Empty) { Overrides = overrides },
            ControlPlaneReads.Blocking(options, tokens),
            request.Aborted);

        // Looked at after the wait, when the right may have gone.
        await servers.RequireAsync(options.Token, right, request.Aborted);
        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        await WireReply.JsonAsync(request, writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("Chain");
            ChainJson.Write(writer, chain);
            writer.WriteEndObject();
        });
    }
}
