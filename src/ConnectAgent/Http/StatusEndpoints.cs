using ConnectAgent.Agent;
using ConnectAgent.Configuration;

namespace ConnectAgent.Http;

/// <summary>Leader and peers (services STA-1): the embedded control plane leads itself.</summary>
internal sealed class StatusEndpoints(AgentConfiguration configuration, AgentIdentity agent, WireSettings settings) : IWireEndpoints
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapWire("/v1/status/leader", (HttpMethods.Get, Permission.None, GetLeaderAsync));
        routes.MapWire("/v1/status/peers", (HttpMethods.Get, Permission.None, GetPeersAsync));
    }

    private Task GetLeaderAsync(WireRequest request) =>
        WireReply.JsonAsync(request, LeaderFor(request), WireJson.Default.String);

    private Task GetPeersAsync(WireRequest request) =>
        WireReply.JsonAsync(request, [LeaderFor(request)], WireJson.Default.IReadOnlyListString);

    private string LeaderFor(WireRequest request)
    {
        agent.RequireDatacenter(ReadOptions.Parse(request, settings.UseCache).Datacenter);
        return $"{configuration.AdvertiseAddress}:{configuration.Ports["server"]}";
    }
}
