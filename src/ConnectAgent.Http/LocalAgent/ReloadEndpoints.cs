using ConnectAgent.Configuration;
using ConnectAgent.Hosting;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>Has the configuration read again (services AG-29).</summary>
internal sealed class ReloadEndpoints(ConfigurationReload reload) : IWireEndpoints
{
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapWire("/v1/agent/reload", (HttpMethods.Put, Permission.AgentWrite, ReloadAsync));

    private async Task ReloadAsync(WireRequest request)
    {
        try
        {
            reload.Run();
        }
        catch (ConfigurationException error)
        {
            throw new ServerException(FailureKind.Failed, error.Message);
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }
}
