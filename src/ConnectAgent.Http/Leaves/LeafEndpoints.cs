using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Leaves;

/// <summary>Who am I: a leaf, answered from the cache (leaf-certificates section 1).</summary>
internal sealed class LeafEndpoints(LeafService leaves, IServerClient servers, AgentIdentity agent, RenderedBodies bodies) : IWireEndpoints
{
    [Limit("leaf.plain_name", "characters", "takes the general path, with the same answer")]
    private const int LongestName = 128;
    private static readonly Func<LeafCertificate, RenderedBody> Render = static leaf => RenderedBodies.Render(leaf, LeafJson.Default.LeafCertificate);

    public void Map(WireRoutes routes)
    {
        routes.MapCached("/v1/agent/connect/ca/leaf/", (HttpMethods.Get, Permission.Of(AclResource.Service, AclAccess.Write, "the service"), GetLeafAsync));
        routes.MapWire(
            "/v1/agent/connect/ca/leaf/*/renew",
            (HttpMethods.Put, Permission.Of(AclResource.Service, AclAccess.Write, "the service"), RenewAsync));
    }

    private static AccessRequest RightTo(string service) => new(AclResource.Service, service, AclAccess.Write);

    // The namespace is looked at first (HTTP-3). LEAF-90: the right is looked at on each read, also of what is cached.
    private Task GetLeafAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        agent.RequireConnect();
        return Find(request, options) is { } entry
            && servers.TryResolve(options.Token, out var rights)
            && rights.AreKnownTo(RightTo(entry.Request.Service))
            && leaves.TryRead(entry, out var answer)
            ? ReplyAsync(request, answer, wasWaitedFor: false)
            : WaitAsync(request, options);
    }

    private async Task WaitAsync(WireRequest request, ReadOptions options)
    {
        request.Hold();
        await RequireServiceWriteAsync(request, options);
        var answer = await leaves.GetAsync(
            new LeafRequest(options.Datacenter, options.Token, request.Tail), new CacheRead(options.Blocking), request.Aborted);
        await ReplyAsync(request, answer, wasWaitedFor: true);
    }

    private Task ReplyAsync(WireRequest request, CacheAnswer<LeafCertificate> answer, bool wasWaitedFor)
    {
        var body = bodies.Of(answer.Value, Render, keep: !wasWaitedFor);
        WireReply.Index(request.Context, body.TextOf(answer.Index));
        WireReply.CacheHeaders(request.Context, answer);

        // A private key belongs in no shared HTTP cache (SEC-4).
        request.Context.Response.Headers.CacheControl = "no-store";
        return WireReply.JsonAsync(request, body);
    }

    // Without making anything: neither the key nor the name.
    private CacheEntry<LeafRequest, LeafCertificate>? Find(WireRequest request, in ReadOptions options)
    {
        var name = request.TailSpan;
        if (options.Blocking.Blocks || name.Length > LongestName)
        {
            return null;
        }

        Span<char> key = stackalloc char[LeafRequest.KeyPrefix.Length + LongestName];
        LeafRequest.KeyPrefix.CopyTo(key);
        name.CopyTo(key[LeafRequest.KeyPrefix.Length..]);
        return leaves.Find(options.Datacenter, options.Token, key[..(LeafRequest.KeyPrefix.Length + name.Length)]);
    }

    private async Task RenewAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        agent.RequireConnect();

        await servers.RequireAsync(options.Token, RightTo(request.Tail), request.Aborted);
        var answer = await leaves.RenewAsync(new LeafRequest(options.Datacenter, options.Token, request.Tail), request.Aborted);
        WireReply.Index(request.Context, answer.Index);
        request.Context.Response.Headers.CacheControl = "no-store";
        await WireReply.JsonAsync(request, answer.Value, LeafJson.Default.LeafCertificate);
    }

    // LEAF-91; the cache itself looks again after a wait. An empty name is refused by its own words first.
    private async ValueTask RequireServiceWriteAsync(WireRequest request, ReadOptions options)
    {
        if (request.Tail.Length == 0)
        {
            return;
        }

        try
        {
            await servers.RequireAsync(options.Token, RightTo(request.Tail), request.Aborted);
        }
        catch (ServerException error) when (error.Kind is FailureKind.UnknownToken or FailureKind.PermissionDenied)
        {
            leaves.Forget(new LeafRequest(options.Datacenter, options.Token, request.Tail));
            throw;
        }
    }
}
