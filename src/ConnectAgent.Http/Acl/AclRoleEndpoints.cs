using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Http.Wire;
using ConnectAgent.State;

namespace ConnectAgent.Http.Acl;

/// <summary>Roles (acl section 5.4). A missing one is 404 with an empty body, unlike tokens and policies (ACL-ROLE-2).</summary>
internal sealed class AclRoleEndpoints(AclRoleStore store, StateStore state, AclAccessGuard guard) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/acl/roles", (HttpMethods.Get, Permission.AclRead, ListAsync));
        routes.MapWire("/v1/acl/role", (HttpMethods.Put, Permission.AclWrite, CreateAsync));
        routes.MapWire("/v1/acl/role/name/", (HttpMethods.Get, Permission.AclRead, GetByNameAsync));
        routes.MapWire(
            "/v1/acl/role/",
            (HttpMethods.Get, Permission.AclRead, GetAsync),
            (HttpMethods.Put, Permission.AclWrite, UpdateAsync),
            (HttpMethods.Delete, Permission.AclWrite, DeleteAsync));
    }

    private static Task<AclRoleDraft> BodyAsync(WireRequest request) => RequestBody.ReadAsync(
        request, AclBodies.Role, error => WireException.BadRequest("Role decoding failed: " + error));

    private async Task ListAsync(WireRequest request)
    {
        var policy = request.Query.First("policy");
        var list = await guard.ReadAsync(
            request,
            AclTables.Roles,
            (snapshot, _) => (IReadOnlyList<AclRoleReply>)[.. snapshot.Rows(AclTables.Roles).Values
                .Where(role => policy.Length == 0 || role.Policies.Contains(policy, StringComparer.Ordinal))
                .OrderBy(role => role.Name, StringComparer.Ordinal).Select(role => AclRoleReply.Of(snapshot, role))]);
        await WireReply.JsonAsync(request, list, AclJson.Default.IReadOnlyListAclRoleReply);
    }

    private Task GetAsync(WireRequest request)
    {
        guard.RequireTail(request, "role ID");
        return guard.ShowOrMissAsync(request, AclTables.Roles, snapshot => AclRoleStore.Find(snapshot, request.Tail), ShowAsync);
    }

    private Task GetByNameAsync(WireRequest request)
    {
        guard.RequireTail(request, "role Name");
        return guard.ShowOrMissAsync(request, AclTables.Roles, snapshot => AclRoleStore.FindByName(snapshot, request.Tail), ShowAsync);
    }

    private async Task CreateAsync(WireRequest request)
    {
        guard.RequireWrite(request);
        var draft = await BodyAsync(request);
        if (draft.Id.Length > 0)
        {
            throw WireException.BadRequest("Role ID in URL and payload do not match");
        }

        await ShowAsync(request, await store.CreateAsync(draft));
    }

    private async Task UpdateAsync(WireRequest request)
    {
        guard.RequireTail(request, "role ID");
        guard.RequireWrite(request);
        var draft = await BodyAsync(request);
        if (draft.Id.Length > 0 && draft.Id != request.Tail)
        {
            throw WireException.BadRequest("Role ID in URL and payload do not match");
        }

        await ShowAsync(request, await store.UpdateAsync(draft with { Id = request.Tail }));
    }

    private async Task DeleteAsync(WireRequest request)
    {
        guard.RequireTail(request, "role ID");
        guard.RequireWrite(request);
        await store.DeleteAsync(request.Tail);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    private Task ShowAsync(WireRequest request, AclRole role) =>
        WireReply.JsonAsync(request, AclRoleReply.Of(state.Current, role), AclJson.Default.AclRoleReply);
}
