using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>How the servers are, our own; docs/http-api.md describes it. Asks none of them.</summary>
internal sealed class ServerStatusEndpoints(IServerStatus status) : IWireEndpoints
{
    public void Map(WireRoutes routes) =>
        routes.MapWire("/v1/agent/connect/servers", (HttpMethods.Get, Permission.AgentRead, GetServersAsync));

    private Task GetServersAsync(WireRequest request) =>
        WireReply.JsonAsync(request, status.Servers(), LocalAgentJson.Default.IReadOnlyListServerView);
}
