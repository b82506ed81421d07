using ConnectAgent.Agent;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Caching;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http;

/// <summary>The agent's main job: roots, leaf and authorize, answered from the cache.</summary>
internal sealed class AgentConnectEndpoints(
    RootsService roots, LeafService leaves, Authorizer authorizer, IServerClient servers, AgentIdentity agent, WireSettings settings)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapWire("/v1/agent/connect/ca/roots", (HttpMethods.Get, GetRootsAsync));
        routes.MapWire("/v1/agent/connect/ca/leaf/", (HttpMethods.Get, GetLeafAsync));
        routes.MapWire("/v1/agent/connect/authorize", (HttpMethods.Post, AuthorizeAsync));
    }

    // ca CA-9; http-conventions HDR-2.
    private async Task GetRootsAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request, settings.UseCache);
        agent.RequireConnect();
        var answer = await roots.GetAsync(
            new RootsRequest(options.Datacenter, options.Token, options.Filter), new CacheRead(options.Index, options.Wait), request.Aborted);
        WireReply.CachedQueryHeaders(request.Context, answer);
        await WireReply.JsonAsync(request, answer.Value, WireJson.Default.CaRoots);
    }

    // leaf-certificates section 1; the namespace is looked at first (HTTP-3).
    private async Task GetLeafAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request, settings.UseCache);
        agent.RequireConnect();
        await RequireServiceWriteAsync(request, options);
        var answer = await leaves.GetAsync(
            new LeafRequest(options.Datacenter, options.Token, request.Tail), new CacheRead(options.Index, options.Wait), request.Aborted);
        if (options.Index > 0)
        {
            // The right may have gone while the read was blocked (LEAF-91).
            await RequireServiceWriteAsync(request, options);
        }

        WireReply.Index(request.Context, answer.Index);
        WireReply.CacheHeaders(request.Context, answer);

        // A private key belongs in no shared HTTP cache (SEC-4).
        request.Context.Response.Headers.CacheControl = "no-store";
        await WireReply.JsonAsync(request, answer.Value, WireJson.Default.LeafCertificate);
    }

    // intentions AUTHZ-10, in its order.
    private async Task AuthorizeAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var asked = await RequestBody.ReadAsync(
            request, AuthorizeQuestion.Read, error => WireException.BadRequest("Request decode failed: " + error));
        if (asked.Target.Length == 0)
        {
            throw WireException.BadRequest("Target service must be specified");
        }

        if (!SpiffeId.TryParse(asked.ClientCertUri, out var id, out _))
        {
            throw WireException.BadRequest("ClientCertURI not a valid Connect identifier");
        }

        if (id is not ServiceId client)
        {
            throw WireException.BadRequest("ClientCertURI not a valid Service identifier");
        }

        agent.RequireConnect();
        var token = request.Token();
        var rights = await servers.ResolveTokenAsync(token, request.Aborted);
        TokenRights.Require(rights.ServiceWrite(asked.Target));
        if (!client.Partition.Equals(SpiffeId.DefaultNamespace, StringComparison.OrdinalIgnoreCase))
        {
            var mismatch = $"Mismatched partitions: {GoQuote.Of(client.Partition)} != \"default\"";
            await WireReply.JsonAsync(request, new AuthorizeReply(false, mismatch), WireJson.Default.AuthorizeReply);
            return;
        }

        TokenRights.Require(rights.IntentionRead(asked.Target));
        var answer = await authorizer.AuthorizeAsync(asked.Target, client, token, request.Aborted);
        WireReply.CacheHeaders(request.Context, answer);
        await WireReply.JsonAsync(
            request, new AuthorizeReply(answer.Value.Allowed, answer.Value.Reason), WireJson.Default.AuthorizeReply);
    }

    // LEAF-90, LEAF-91: on each read, also of what is cached. An empty name is refused by its own words first.
    private async ValueTask RequireServiceWriteAsync(WireRequest request, ReadOptions options)
    {
        if (request.Tail.Length == 0)
        {
            return;
        }

        try
        {
            TokenRights.Require((await servers.ResolveTokenAsync(options.Token, request.Aborted)).ServiceWrite(request.Tail));
        }
        catch (ServerException error) when (error.Kind is FailureKind.UnknownToken or FailureKind.PermissionDenied)
        {
            leaves.Forget(new LeafRequest(options.Datacenter, options.Token, request.Tail));
            throw;
        }
    }
}

/// <summary>The body of an authorize call (intentions AUTHZ-1); the serial is accepted whatever it holds.</summary>
internal readonly record struct AuthorizeQuestion(string Target, string ClientCertUri, string ClientCertSerial)
{
    private const string GoType = "ConnectAuthorizeRequest";

    public static AuthorizeQuestion Read(ref GoJsonReader json)
    {
        var (target, uri, serial) = (string.Empty, string.Empty, string.Empty);
        if (json.BeginDocument("structs." + GoType))
        {
            while (json.NextField())
            {
                if (json.Is("Target"))
                {
                    target = json.String(GoType + ".Target") ?? target;
                }
                else if (json.Is("ClientCertURI"))
                {
                    uri = json.String(GoType + ".ClientCertURI") ?? uri;
                }
                else if (json.Is("ClientCertSerial"))
                {
                    serial = json.String(GoType + ".ClientCertSerial") ?? serial;
                }
                else
                {
                    json.Unknown();
                }
            }
        }

        json.End();
        return new AuthorizeQuestion(target, uri, serial);
    }
}
