using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.LocalServices;

/// <summary>Takes a service, or this node, out of the answers of health for a while (services AG-2, AG-3).</summary>
internal sealed class MaintenanceEndpoints(LocalState state, LocalRegistry registry, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire(
            "/v1/agent/service/maintenance/", (HttpMethods.Put, Permission.Of(AclResource.Service, AclAccess.Write, "the service"), PutServiceAsync));
        routes.MapWire("/v1/agent/maintenance", (HttpMethods.Put, Permission.Of(AclResource.Node, AclAccess.Write, "this node"), PutNodeAsync));
    }

    private async Task PutServiceAsync(WireRequest request)
    {
        var id = request.Tail;
        if (id.Length == 0)
        {
            throw WireException.Invalid("Missing service ID");
        }

        var isOn = IsOn(request);
        request.RefuseNamespace();
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        if (state.Current.Service(id) is { } service)
        {
            await rights.RequireToWriteAsync(AclResource.Service, service.Stored.Name, request.Aborted);
        }

        if (!await registry.SetMaintenanceAsync(id, isOn, request.Query.First("reason"), request.Aborted))
        {
            throw new WireException(StatusCodes.Status404NotFound, $"No service registered with ID {GoQuote.Of(id)}");
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private async Task PutNodeAsync(WireRequest request)
    {
        var isOn = IsOn(request);
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        await rights.RequireToWriteAsync(AclResource.Node, agent.NodeName, request.Aborted);
        await registry.SetNodeMaintenanceAsync(isOn, request.Query.First("reason"), request.TokenToKeep(), request.Aborted);
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private static bool IsOn(WireRequest request)
    {
        if (!request.Query.Has("enable"))
        {
            throw WireException.Invalid("Missing value for enable");
        }

        var word = request.Query.First("enable");
        return GoBool.Parse(word) ?? throw WireException.Invalid($"Invalid value for enable: {GoQuote.Of(word)}");
    }
}
