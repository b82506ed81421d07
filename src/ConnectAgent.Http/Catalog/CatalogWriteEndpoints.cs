using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Catalog;

/// <summary>Writes to the catalog (services CAT-1 to CAT-8).</summary>
internal sealed class CatalogWriteEndpoints(CatalogStore catalog, TokenResolver tokens, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire(
            "/v1/catalog/register",
            (HttpMethods.Put, Permission.Of(AclResource.Service, AclAccess.Write, "the service, and node:write for what is said of the node"), RegisterAsync));
        routes.MapWire(
            "/v1/catalog/deregister",
            (HttpMethods.Put, Permission.Of(AclResource.Node, AclAccess.Write, "the node, or service:write on the service"), DeregisterAsync));
    }

    private async Task RegisterAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var registration = await RequestBody.ReadAsync(request, ServiceBodies.CatalogRegistration, RequestBody.Undecodable);
        await catalog.RegisterAsync(registration, RightsIn(request, registration.Node.Datacenter));
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    private async Task DeregisterAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var deregistration = await RequestBody.ReadAsync(request, ServiceBodies.CatalogDeregistration, RequestBody.Undecodable);
        await catalog.DeregisterAsync(deregistration, RightsIn(request, deregistration.Datacenter));
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    private TokenRights RightsIn(WireRequest request, string datacenter)
    {
        agent.RequireDatacenter(datacenter.Length > 0 ? datacenter : request.Datacenter());
        return tokens.Resolve(request.Token());
    }
}
