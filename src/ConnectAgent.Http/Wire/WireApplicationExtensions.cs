namespace ConnectAgent.Http.Wire;

internal static class WireApplicationExtensions
{
    /// <summary>Serves all resources that were added, and nothing else.</summary>
    public static void UseWire(this WebApplication app)
    {
        foreach (var endpoints in app.Services.GetServices<IWireEndpoints>())
        {
            endpoints.Map(app);
        }

        // The dispatcher sets the endpoint; the framework's routing sees that and only carries it out.
        var mapped = new CompositeEndpointDataSource(((IEndpointRouteBuilder)app).DataSources);
        app.UseMiddleware<WireDispatcher>(mapped);
        app.UseRouting();
#pragma warning disable ASP0014 // The explicit call keeps the dispatcher in front of the framework's own matching.
        app.UseEndpoints(static _ => { });
#pragma warning restore ASP0014
    }
}
