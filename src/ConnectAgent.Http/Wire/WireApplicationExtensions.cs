namespace ConnectAgent.Http.Wire;

internal static class WireApplicationExtensions
{
    /// <summary>Serves all resources that were added, and nothing else.</summary>
    public static void UseWire(this IApplicationBuilder app) =>
        app.Run(app.ApplicationServices.GetRequiredService<WireDispatcher>().InvokeAsync);
}
