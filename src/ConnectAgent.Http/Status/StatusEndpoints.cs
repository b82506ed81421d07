using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.State;

namespace ConnectAgent.Http.Status;

/// <summary>Leader, peers and members of the consensus (services STA-1, clients): the embedded control plane leads itself.</summary>
internal sealed class StatusEndpoints(
    StatusOptions options, StateStore store, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/status/leader", (HttpMethods.Get, Permission.None, GetLeaderAsync));
        routes.MapWire("/v1/status/peers", (HttpMethods.Get, Permission.None, GetPeersAsync));
        routes.MapWire("/v1/operator/raft/configuration", (HttpMethods.Get, Permission.OperatorRead, GetRaftAsync));
    }

    private Task GetLeaderAsync(WireRequest request)
    {
        RequireDatacenter(request);
        return WireReply.JsonAsync(request, options.Address, WireJson.Default.String);
    }

    private Task GetPeersAsync(WireRequest request)
    {
        RequireDatacenter(request);
        return WireReply.JsonAsync(request, [options.Address], WireJson.Default.IReadOnlyListString);
    }

    private async Task GetRaftAsync(WireRequest request)
    {
        RequireDatacenter(request);
        await servers.RequireAsync(request.Token(), AccessRequest.OperatorRead, request.Aborted);
        var server = new RaftServer(options.NodeId, options.NodeName, options.Address, Leader: true, "3", Voter: true);
        await WireReply.JsonAsync(request, new RaftReply([server], store.LastIndex), StatusJson.Default.RaftReply);
    }

    private void RequireDatacenter(WireRequest request) => agent.RequireDatacenter(ReadOptions.Parse(request).Datacenter);
}

/// <summary>The one member of the consensus.</summary>
/// <param name="Address">Host and port.</param>
internal sealed record StatusOptions(string NodeId, string NodeName, string Address);

/// <summary>The members of the consensus, of which there is one (clients, <c>operator raft list-peers</c>).</summary>
internal sealed record RaftReply(IReadOnlyList<RaftServer> Servers, ulong Index);

/// <summary>A member; the field names are the reference's.</summary>
internal sealed record RaftServer(
    [property: System.Text.Json.Serialization.JsonPropertyName("ID")] string Id, string Node, string Address, bool Leader, string ProtocolVersion, bool Voter);
