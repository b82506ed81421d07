using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Login;

/// <summary>Auth methods (acl section 5.5). A missing one is 404 with an empty body (ACL-AM-2).</summary>
internal sealed class AclAuthMethodEndpoints(AuthMethodStore store, AclAccessGuard guard) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/acl/auth-methods", (HttpMethods.Get, Permission.AclRead, ListAsync));
        routes.MapWire("/v1/acl/auth-method", (HttpMethods.Put, Permission.AclWrite, PutAsync));
        routes.MapWire(
            "/v1/acl/auth-method/",
            (HttpMethods.Get, Permission.AclRead, GetAsync),
            (HttpMethods.Put, Permission.AclWrite, PutNamedAsync),
            (HttpMethods.Delete, Permission.AclWrite, DeleteAsync));
    }

    private static Task<AuthMethod> BodyAsync(WireRequest request) => RequestBody.ReadAsync(
        request, AclLoginBodies.AuthMethod, error => WireException.BadRequest("AuthMethod decoding failed: " + error));

    private static Task ShowAsync(WireRequest request, AuthMethod method) =>
        WireReply.JsonAsync(request, AclAuthMethodReply.Of(method), LoginJson.Default.AclAuthMethodReply);

    private async Task ListAsync(WireRequest request)
    {
        var list = await guard.ReadAsync(
            request,
            LoginTables.AuthMethods,
            (state, _) => (IReadOnlyList<AclAuthMethodReply>)[.. state.Rows(LoginTables.AuthMethods).Values.Select(AclAuthMethodReply.InList)]);
        await WireReply.JsonAsync(request, list, LoginJson.Default.IReadOnlyListAclAuthMethodReply);
    }

    private Task GetAsync(WireRequest request)
    {
        guard.RequireTail(request, "auth method name");
        return guard.ShowOrMissAsync(request, LoginTables.AuthMethods, state => AuthMethodStore.Find(state, request.Tail), ShowAsync);
    }

    private async Task PutAsync(WireRequest request)
    {
        guard.RequireWriteHere(request);
        await ShowAsync(request, await store.PutAsync(await BodyAsync(request)));
    }

    private async Task PutNamedAsync(WireRequest request)
    {
        guard.RequireTail(request, "auth method name");
        guard.RequireWriteHere(request);
        var method = await BodyAsync(request);
        if (method.Name.Length > 0 && !AclNames.AreSame(method.Name, request.Tail))
        {
            throw WireException.BadRequest("AuthMethod Name in URL and payload do not match");
        }

        await ShowAsync(request, await store.PutAsync(method with { Name = request.Tail }));
    }

    private async Task DeleteAsync(WireRequest request)
    {
        guard.RequireTail(request, "auth method name");
        guard.RequireWriteHere(request);
        await store.DeleteAsync(request.Tail);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }
}
