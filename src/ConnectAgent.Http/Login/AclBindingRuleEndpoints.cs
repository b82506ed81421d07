using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Login;

/// <summary>Binding rules (acl section 5.5). A missing one is 404 with an empty body (ACL-BR-1).</summary>
internal sealed class AclBindingRuleEndpoints(BindingRuleStore store, AclAccessGuard guard) : IWireEndpoints
{
    private const string Mismatch = "BindingRule ID in URL and payload do not match";

    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/acl/binding-rules", (HttpMethods.Get, Permission.AclRead, ListAsync));
        routes.MapWire("/v1/acl/binding-rule", (HttpMethods.Put, Permission.AclWrite, CreateAsync));
        routes.MapWire(
            "/v1/acl/binding-rule/",
            (HttpMethods.Get, Permission.AclRead, GetAsync),
            (HttpMethods.Put, Permission.AclWrite, UpdateAsync),
            (HttpMethods.Delete, Permission.AclWrite, DeleteAsync));
    }

    private static Task<BindingRule> BodyAsync(WireRequest request) => RequestBody.ReadAsync(
        request, AclLoginBodies.BindingRule, error => WireException.BadRequest("BindingRule decoding failed: " + error));

    private static Task ShowAsync(WireRequest request, BindingRule rule) =>
        WireReply.JsonAsync(request, AclBindingRuleReply.Of(rule), LoginJson.Default.AclBindingRuleReply);

    private async Task ListAsync(WireRequest request)
    {
        var method = request.Query.First("authmethod");
        var list = await guard.ReadAsync(
            request,
            LoginTables.BindingRules,
            (state, _) => (IReadOnlyList<AclBindingRuleReply>)[.. state.Rows(LoginTables.BindingRules).Values
                .Where(rule => method.Length == 0 || rule.AuthMethod == AuthMethodStore.NameOf(state, method)).Select(AclBindingRuleReply.Of)]);
        await WireReply.JsonAsync(request, list, LoginJson.Default.IReadOnlyListAclBindingRuleReply);
    }

    private Task GetAsync(WireRequest request)
    {
        guard.RequireTail(request, "binding rule ID");
        return guard.ShowOrMissAsync(request, LoginTables.BindingRules, state => BindingRuleStore.Find(state, request.Tail), ShowAsync);
    }

    private async Task CreateAsync(WireRequest request)
    {
        guard.RequireWriteHere(request);
        var rule = await BodyAsync(request);
        if (rule.Id.Length > 0)
        {
            throw WireException.BadRequest(Mismatch);
        }

        await ShowAsync(request, await store.CreateAsync(rule));
    }

    private async Task UpdateAsync(WireRequest request)
    {
        guard.RequireTail(request, "binding rule ID");
        guard.RequireWriteHere(request);
        var rule = await BodyAsync(request);
        if (rule.Id.Length > 0 && rule.Id != request.Tail)
        {
            throw WireException.BadRequest(Mismatch);
        }

        await ShowAsync(request, await store.UpdateAsync(rule with { Id = request.Tail }));
    }

    private async Task DeleteAsync(WireRequest request)
    {
        guard.RequireTail(request, "binding rule ID");
        guard.RequireWriteHere(request);
        await store.DeleteAsync(request.Tail);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }
}
