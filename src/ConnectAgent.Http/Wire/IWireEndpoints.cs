namespace ConnectAgent.Http.Wire;

/// <summary>A resource's paths; any number are registered, and all of them are mapped.</summary>
internal interface IWireEndpoints
{
    void Map(WireRoutes routes);
}
