using ConnectAgent.Agent;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http;

/// <summary>Has the configuration read again (services AG-29).</summary>
internal sealed class ReloadEndpoints(ConfigurationReload reload, AgentIdentity agent, IServerClient servers)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapWire("/v1/agent/reload", (HttpMethods.Put, ReloadAsync));

    private async Task ReloadAsync(WireRequest request)
    {
        TokenRights.Require((await servers.ResolveTokenAsync(request.Token(), request.Aborted)).AgentWrite(agent.NodeName));
        try
        {
            reload.Run();
        }
        catch (ConfigurationException error)
        {
            throw WireException.Failed(error.Message);
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }
}
