using ConnectAgent.Agent;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Authorize;

/// <summary>May this peer connect to me, and may it make this request (intentions sections 7 and 8)?</summary>
internal sealed class AuthorizeEndpoints(
    Authorizer authorizer,
    PeerGuard peers,
    RevocationService revocations,
    IServerClient servers,
    AgentIdentity agent,
    AuthorizeOptions options) : IWireEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var permission = Permission.Of(AclResource.Service, AclAccess.Write, "the target");
        routes.MapWire(
            "/v1/agent/connect/authorize", (HttpMethods.Post, permission, request => AnswerAsync(request, AuthorizeQuestion.Schema)));
        routes.MapWire(
            "/v1/agent/connect/authorize/http", (HttpMethods.Post, permission, request => AnswerAsync(request, AuthorizeQuestion.HttpSchema)));
    }

    private Task AnswerAsync(WireRequest request, SchemaType<AuthorizeQuestion> schema) =>
        TracedCall.RunAsync("authorize", request, () => DecideAsync(request, schema));

    // AUTHZ-10, in its order; what a request adds is checked with the rest of the body, before the token.
    private async Task DecideAsync(WireRequest request, SchemaType<AuthorizeQuestion> schema)
    {
        request.RefuseNamespace();
        var asked = await RequestBody.ReadAsync(
            request, schema, static error => WireException.BadRequest("Request decode failed: " + error));
        var client = Check(asked);
        agent.RequireConnect();
        var token = request.Token();
        var rights = await servers.ResolveTokenAsync(token, request.Aborted);
        await rights.RequireAsync(new AclQuestion(AclResource.Service, asked.Target, AclAccess.Write), request.Aborted);
        if (await revocations.RefuseAsync(client, asked.ClientCertSerial, request.Aborted) is { } revoked)
        {
            // DEF-12.
            await RefuseAsync(request, revoked);
            return;
        }

        if (!client.IsInDefaultPartition)
        {
            await RefuseAsync(request, $"Mismatched partitions: {GoQuote.Of(client.Partition)} != \"default\"");
            return;
        }

        await rights.RequireAsync(new AclQuestion(AclResource.Intention, asked.Target, AclAccess.Read), request.Aborted);
        if (await peers.RefuseAsync(new Peer(client, asked.ClientCertSerial), request.Aborted) is { } refusal)
        {
            await RefuseAsync(request, refusal);
            return;
        }

        var attributes = asked.Request?.ToAttributes(options.Http);
        if (request.Query.Has("explain"))
        {
            var explained = await authorizer.ExplainAsync(asked.Target, client, attributes, token, request.Aborted);
            WireReply.CacheHeaders(request.Context, explained);
            await WireReply.JsonAsync(request, explained.Value, AuthorizeJson.Default.Explanation);
            return;
        }

        var answer = await authorizer.AuthorizeAsync(asked.Target, client, attributes, token, request.Aborted);
        WireReply.CacheHeaders(request.Context, answer);
        await WireReply.JsonAsync(
            request, new AuthorizeReply(answer.Value.Allowed, answer.Value.Reason), AuthorizeJson.Default.AuthorizeReply);
    }

    private static ServiceId Check(in AuthorizeQuestion asked)
    {
        InputLimits.RequireName("Target", asked.Target);
        InputLimits.RequireUri("ClientCertURI", asked.ClientCertUri);
        InputLimits.RequireName("ClientCertSerial", asked.ClientCertSerial);
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

        if (asked.Request is { Method.Length: 0 })
        {
            throw WireException.BadRequest("Method must be specified");
        }

        if (asked.Request is { } about && !FieldText.IsToken(about.Method))
        {
            throw WireException.BadRequest("Method not a valid HTTP method");
        }

        return asked.Request is { Path.Length: 0 } ? throw WireException.BadRequest("Path must be specified") : client;
    }

    // A decision that rests on the peer alone: no intention was read, so there are no cache headers.
    private static Task RefuseAsync(WireRequest request, string reason) => request.Query.Has("explain")
        ? WireReply.JsonAsync(request, Explanation.OfRefusal(reason), AuthorizeJson.Default.Explanation)
        : WireReply.JsonAsync(request, new AuthorizeReply(false, reason), AuthorizeJson.Default.AuthorizeReply);
}
