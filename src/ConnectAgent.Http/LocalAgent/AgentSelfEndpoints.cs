using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>Who this agent is (services AG-25, AG-26). Never shows a secret.</summary>
internal sealed class AgentSelfEndpoints(ILocalAgent local, LocalState state, IServerClient servers) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/self", (HttpMethods.Get, Permission.AgentRead, GetSelfAsync));
        routes.MapWire("/v1/agent/members", (HttpMethods.Get, Permission.Filtered(AclResource.Node, "each member"), GetMembersAsync));
    }

    private Task GetSelfAsync(WireRequest request) => WireReply.JsonAsync(request, new SelfDocument(local.Describe(), state.Current).Of(), LocalAgentJson.Default.AgentSelf);

    // AG-26: a lone agent is its only member.
    private async Task GetMembersAsync(WireRequest request)
    {
        var wan = request.Query.First("wan").Length > 0;
        var segment = request.Query.First("segment");
        if (wan && segment is not ("" or "_all"))
        {
            throw WireException.Invalid("Cannot provide a segment with wan=true");
        }

        if (segment is not ("" or "_all"))
        {
            throw WireException.Failed("Network segments are not supported in this version of Consul");
        }

        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var self = new SelfDocument(local.Describe(), state.Current);
        var seen = await rights.AllowsAsync(new AccessRequest(AclResource.Node, self.NodeName, AclAccess.Read), request.Aborted);
        var members = request.Visible([wan ? self.WanMember() : self.Member()], _ => seen);
        await WireReply.JsonAsync(request, members, LocalAgentJson.Default.IReadOnlyListSelfMember);
    }
}
