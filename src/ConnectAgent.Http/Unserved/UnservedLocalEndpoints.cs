using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Unserved;

/// <summary>
/// The agent's own services and checks, of which there are none: a client that registers one must not take an empty 404 for success
/// (http-conventions PATH-2).
/// </summary>
internal sealed class UnservedLocalEndpoints : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        UnservedEndpoints.MapUnserved(routes, "/v1/agent/checks", "checks of its own", HttpMethods.Get);
        UnservedEndpoints.MapUnserved(routes, "/v1/agent/check/", "checks of its own", HttpMethods.Put);
    }
}
