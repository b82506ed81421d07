using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Wire;
using ConnectAgent.State;

namespace ConnectAgent.Http.Login;

/// <summary>Login and logout (acl section 5.6).</summary>
internal sealed class AclLoginEndpoints(LoginService logins, TokenResolver resolver, StateStore state, AclAccessGuard guard, AgentIdentity agent)
    : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/acl/login", (HttpMethods.Post, Permission.None, LoginAsync));
        routes.MapWire("/v1/acl/logout", (HttpMethods.Post, Permission.LoginToken, LogoutAsync));
    }

    // ACL-LOG-1: any token of the request is ignored.
    private async Task LoginAsync(WireRequest request)
    {
        guard.RequireEnabled();
        request.RefuseNamespace();
        agent.RequireDatacenter(request.Datacenter());
        var login = await RequestBody.ReadAsync(
            request, AclLoginBodies.Login, error => WireException.BadRequest("Failed to decode request body: " + error));
        InputLimits.RequireName("AuthMethod", login.AuthMethod);
        var token = await logins.LoginAsync(login.AuthMethod, login.BearerToken, login.Meta);
        await WireReply.JsonAsync(request, AclTokenReply.Of(state.Current, token), AclJson.Default.AclTokenReply);
    }

    // ACL-LOG-3: the anonymous token is not substituted here.
    private async Task LogoutAsync(WireRequest request)
    {
        guard.RequireEnabled();
        request.RefuseNamespace();
        agent.RequireDatacenter(request.Datacenter());
        var token = request.Token();
        _ = resolver.Resolve(token);
        await logins.LogoutAsync(token.Length == 0 ? null : resolver.Find(token));
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }
}
