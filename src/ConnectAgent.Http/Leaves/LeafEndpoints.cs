using ConnectAgent.Agent;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.Leaves;

/// <summary>Who am I: a leaf, answered from the cache (leaf-certificates section 1).</summary>
internal sealed class LeafEndpoints(LeafService leaves, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapWire("/v1/agent/connect/ca/leaf/", (HttpMethods.Get, Permission.Of(AclResource.Service, AclAccess.Write, "the service"), GetLeafAsync));
        routes.MapWire(
            "/v1/agent/connect/ca/leaf/*/renew",
            (HttpMethods.Put, Permission.Of(AclResource.Service, AclAccess.Write, "the service"), RenewAsync));
    }

    // leaf-certificates section 1; the namespace is looked at first (HTTP-3).
    private async Task GetLeafAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        agent.RequireConnect();
        await RequireServiceWriteAsync(request, options);
        var answer = await leaves.GetAsync(
            new LeafRequest(options.Datacenter, options.Token, request.Tail), new CacheRead(options.Blocking), request.Aborted);
        WireReply.Index(request.Context, answer.Index);
        WireReply.CacheHeaders(request.Context, answer);

        // A private key belongs in no shared HTTP cache (SEC-4).
        request.Context.Response.Headers.CacheControl = "no-store";
        await WireReply.JsonAsync(request, answer.Value, LeafJson.Default.LeafCertificate);
    }

    private async Task RenewAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        agent.RequireConnect();

        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        await rights.RequireAsync(new AclQuestion(AclResource.Service, request.Tail, AclAccess.Write), request.Aborted);
        var answer = await leaves.RenewAsync(new LeafRequest(options.Datacenter, options.Token, request.Tail), request.Aborted);
        WireReply.Index(request.Context, answer.Index);
        request.Context.Response.Headers.CacheControl = "no-store";
        await WireReply.JsonAsync(request, answer.Value, LeafJson.Default.LeafCertificate);
    }

    // LEAF-90, LEAF-91: on each read, also of what is cached; the cache itself looks again after a wait. An empty name is refused by its own words first.
    private async ValueTask RequireServiceWriteAsync(WireRequest request, ReadOptions options)
    {
        if (request.Tail.Length == 0)
        {
            return;
        }

        try
        {
            var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
            await rights.RequireAsync(new AclQuestion(AclResource.Service, request.Tail, AclAccess.Write), request.Aborted);
        }
        catch (ServerException error) when (error.Kind is FailureKind.UnknownToken or FailureKind.PermissionDenied)
        {
            leaves.Forget(new LeafRequest(options.Datacenter, options.Token, request.Tail));
            throw;
        }
    }
}
