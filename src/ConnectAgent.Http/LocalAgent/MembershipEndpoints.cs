using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>Coming and going (services AG-30, AG-32). There is no gossip: an agent is its only member.</summary>
internal sealed class MembershipEndpoints(ILocalAgent local, IServerClient servers) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/leave", (HttpMethods.Put, Permission.AgentWrite, LeaveAsync));
        routes.MapWire("/v1/agent/force-leave/", (HttpMethods.Put, Permission.OperatorWrite, ForceLeaveAsync));
        routes.MapWire("/v1/agent/join/", (HttpMethods.Put, Permission.AgentWrite, static _ => throw new WireException(
            StatusCodes.Status501NotImplemented,
            "/v1/agent/join/ is not served: agents do not gossip here; the servers of an agent are set with connect_agent.servers")));
    }

    // The caller has its answer before the agent ends.
    private Task LeaveAsync(WireRequest request)
    {
        request.Context.Response.OnCompleted(() =>
        {
            local.Leave();
            return Task.CompletedTask;
        });
        return WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private async Task ForceLeaveAsync(WireRequest request)
    {
        await servers.RequireAsync(request.Token(), AccessRequest.OperatorWrite, request.Aborted);
        var self = local.Describe();
        if (request.Tail != self.NodeName && request.Tail != $"{self.NodeName}.{self.Datacenter}")
        {
            throw WireException.Failed($"agent: No node found with name '{request.Tail}'");
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }
}
