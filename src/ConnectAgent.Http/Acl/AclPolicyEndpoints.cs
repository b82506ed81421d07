using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.Acl;

/// <summary>Policies (acl section 5.3).</summary>
internal sealed class AclPolicyEndpoints(AclPolicyStore store, AclAccessGuard guard) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/acl/policies", (HttpMethods.Get, Permission.AclRead, ListAsync));
        routes.MapWire("/v1/acl/policy", (HttpMethods.Put, Permission.AclWrite, CreateAsync));
        routes.MapWire("/v1/acl/policy/name/", (HttpMethods.Get, Permission.AclRead, GetByNameAsync));
        routes.MapWire(
            "/v1/acl/policy/",
            (HttpMethods.Get, Permission.AclRead, GetAsync),
            (HttpMethods.Put, Permission.AclWrite, UpdateAsync),
            (HttpMethods.Delete, Permission.AclWrite, DeleteAsync));
    }

    private static ServerException NotFound() => new(FailureKind.UnknownToken, "ACL not found");

    private static Task<AclPolicy> BodyAsync(WireRequest request) => RequestBody.ReadAsync(
        request, AclBodies.Policy, error => WireException.BadRequest("Policy decoding failed: " + error));

    private async Task ListAsync(WireRequest request)
    {
        var list = await guard.ReadAsync(
            request,
            AclTables.Policies,
            (state, _) => (IReadOnlyList<AclPolicyListReply>)[.. state.Rows(AclTables.Policies).Values
                .OrderBy(policy => policy.Name, StringComparer.Ordinal).Select(AclPolicyListReply.Of)]);
        await WireReply.JsonAsync(request, list, AclJson.Default.IReadOnlyListAclPolicyListReply);
    }

    private async Task GetAsync(WireRequest request)
    {
        guard.RequireTail(request, "policy ID");
        var policy = await guard.ReadAsync(
            request, AclTables.Policies, (state, _) => AclPolicyStore.Find(state, request.Tail), NotFound);
        await ShowAsync(request, policy!);
    }

    private async Task GetByNameAsync(WireRequest request)
    {
        guard.RequireTail(request, "policy Name");
        var policy = await guard.ReadAsync(
            request, AclTables.Policies, (state, _) => AclPolicyStore.FindByName(state, request.Tail), NotFound);
        await ShowAsync(request, policy!);
    }

    private async Task CreateAsync(WireRequest request)
    {
        guard.RequireWrite(request);
        var policy = await BodyAsync(request);
        if (policy.Id.Length > 0)
        {
            throw WireException.BadRequest("Cannot specify the ID when creating a new policy");
        }

        await ShowAsync(request, await store.CreateAsync(policy));
    }

    private async Task UpdateAsync(WireRequest request)
    {
        guard.RequireTail(request, "policy ID");
        guard.RequireWrite(request);
        var policy = await BodyAsync(request);
        if (policy.Id.Length > 0 && policy.Id != request.Tail)
        {
            throw WireException.BadRequest("Policy ID in URL and payload do not match");
        }

        await ShowAsync(request, await store.UpdateAsync(policy with { Id = request.Tail }));
    }

    private async Task DeleteAsync(WireRequest request)
    {
        guard.RequireTail(request, "policy ID");
        guard.RequireWrite(request);
        await store.DeleteAsync(request.Tail);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    private static Task ShowAsync(WireRequest request, AclPolicy policy) =>
        WireReply.JsonAsync(request, AclPolicyReply.Of(policy), AclJson.Default.AclPolicyReply);
}
