using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;

namespace ConnectAgent.Http.Acl;

/// <summary>Tokens (acl section 5.2).</summary>
internal sealed class AclTokenEndpoints(
    AclTokenStore store,
    TokenResolver resolver,
    StateStore state,
    AclAccessGuard guard,
    AgentIdentity agent,
    AclDenials denials,
    ILogger<AclTokenEndpoints> logger) : IWireEndpoints
{
    private const string CloneSuffix = "/clone";

    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/acl/tokens", (HttpMethods.Get, Permission.AclRead, ListAsync));
        routes.MapWire("/v1/acl/token", (HttpMethods.Put, Permission.AclWrite, CreateAsync));
        routes.MapWire("/v1/acl/token/self", (HttpMethods.Get, Permission.OwnToken, GetSelfAsync));
        routes.MapWire(
            "/v1/acl/token/",
            (HttpMethods.Get, Permission.AclRead, GetAsync),
            (HttpMethods.Put, Permission.AclWrite, PutAsync),
            (HttpMethods.Delete, Permission.AclWrite, DeleteAsync));
    }

    private static ServerException NotFound() => new(FailureKind.UnknownToken, "ACL not found");

    private static Task<AclTokenDraft> BodyAsync(WireRequest request) => RequestBody.ReadAsync(
        request, AclBodies.Token, error => WireException.BadRequest("Token decoding failed: " + error));

    private async Task ListAsync(WireRequest request)
    {
        var (policy, role, method) = (request.Query.First("policy"), request.Query.First("role"), request.Query.First("authmethod"));
        var isSecret = false;
        var list = await guard.ReadAsync(request, AclTables.Tokens, (snapshot, withSecrets) =>
        {
            isSecret = withSecrets;
            if (new[] { policy, role, method }.Count(filter => filter.Length > 0) > 1)
            {
                throw WireException.Failed("can only filter by one of policy, role, or methodName at a time");
            }

            return (IReadOnlyList<AclTokenReply>)[.. snapshot.Rows(AclTables.Tokens).Values
                .Where(token => store.Find(snapshot, token.AccessorId) is not null
                    && (policy.Length == 0 || token.Policies.Contains(policy, StringComparer.Ordinal))
                    && (role.Length == 0 || token.Roles.Contains(role, StringComparer.Ordinal))
                    && (method.Length == 0 || token.AuthMethod == AuthMethodStore.NameOf(snapshot, method)))
                .Select(token => AclTokenReply.Of(snapshot, token, withSecrets))];
        });
        if (isSecret)
        {
            // ACL-DEF-8: whoever may write hands himself every secret.
            logger.SecretsListed(denials.AccessorOf(request), list.Count);
        }

        await WireReply.JsonAsync(request, list, AclJson.Default.IReadOnlyListAclTokenReply);
    }

    private async Task GetAsync(WireRequest request)
    {
        guard.RequireTail(request, "token ID");
        var token = await guard.ReadAsync(
            request,
            AclTables.Tokens,
            (snapshot, withSecrets) => store.Find(snapshot, request.Tail) is { } found ? AclTokenReply.Of(snapshot, found, withSecrets) : null,
            NotFound);
        await WireReply.JsonAsync(request, token!, AclJson.Default.AclTokenReply);
    }

    // ACL-TOK-6: the anonymous token is not substituted here.
    private async Task GetSelfAsync(WireRequest request)
    {
        guard.RequireEnabled();
        var options = ReadOptions.Parse(request);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        var index = state.Current.IndexOf(AclTables.Tokens);
        if (Own() is not null)
        {
            (_, index) = await guard.WaitAsync(request, options, AclTables.Tokens);
        }

        AclAccessGuard.Read(request, index);
        var token = Own() ?? throw NotFound();
        await WireReply.JsonAsync(request, AclTokenReply.Of(state.Current, token), AclJson.Default.AclTokenReply);

        AclToken? Own() => options.Token.Length == 0 ? null : resolver.Find(options.Token);
    }

    private async Task CreateAsync(WireRequest request)
    {
        guard.RequireWrite(request);
        await ShowAsync(request, await store.CreateAsync(await BodyAsync(request)));
    }

    private async Task PutAsync(WireRequest request)
    {
        if (request.Tail.EndsWith(CloneSuffix, StringComparison.Ordinal))
        {
            await CloneAsync(request, request.Tail[..^CloneSuffix.Length]);
            return;
        }

        if (request.Tail.Length == 0)
        {
            await CreateAsync(request);
            return;
        }

        guard.RequireWrite(request);
        var draft = await BodyAsync(request);
        if (draft.AccessorId.Length > 0 && draft.AccessorId != request.Tail)
        {
            throw WireException.BadRequest("Token Accessor ID in URL and payload do not match");
        }

        await ShowAsync(request, await store.UpdateAsync(draft with { AccessorId = request.Tail }));
    }

    private async Task CloneAsync(WireRequest request, string accessor)
    {
        guard.RequireWrite(request);
        var draft = await BodyAsync(request);
        await ShowAsync(request, await store.CloneAsync(accessor, draft.Description) ?? throw NotFound());
    }

    private async Task DeleteAsync(WireRequest request)
    {
        guard.RequireTail(request, "token ID");
        guard.RequireWrite(request);
        await store.DeleteAsync(request.Tail, resolver.Find(request.Token())?.AccessorId);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    private Task ShowAsync(WireRequest request, AclToken token) =>
        WireReply.JsonAsync(request, AclTokenReply.Of(state.Current, token), AclJson.Default.AclTokenReply);
}
