using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>Has the configuration read again (services AG-29).</summary>
internal sealed class ReloadEndpoints(ILocalAgent local) : IWireEndpoints
{
    public void Map(WireRoutes routes) =>
        routes.MapWire("/v1/agent/reload", (HttpMethods.Put, Permission.AgentWrite, ReloadAsync));

    private async Task ReloadAsync(WireRequest request)
    {
        await local.ReloadAsync();
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }
}
