using System.Text;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>The log as it is written (services AG-24).</summary>
internal sealed class MonitorEndpoints(ILogMonitor monitor) : IWireEndpoints
{
    public void Map(WireRoutes routes) => routes.MapWire("/v1/agent/monitor", (HttpMethods.Get, Permission.AgentRead, FollowAsync));

    private async Task FollowAsync(WireRequest request)
    {
        var isJson = request.Query.Has("logjson");
        using var feed = monitor.Follow(LevelOf(request.Query.First("loglevel")), isJson);
        var response = request.Context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = isJson ? "application/json" : "text/plain; charset=utf-8";

        // Clients wait for the head before they do what they want to see in the log.
        await response.StartAsync(request.Aborted);
        await response.BodyWriter.FlushAsync(request.Aborted);
        try
        {
            while (await feed.Lines.WaitToReadAsync(request.Aborted))
            {
                while (feed.Lines.TryRead(out var line))
                {
                    Encoding.UTF8.GetBytes(line, response.BodyWriter);
                }

                await response.BodyWriter.FlushAsync(request.Aborted);
            }
        }
        catch (OperationCanceledException) when (request.Aborted.IsCancellationRequested)
        {
            // The caller has seen enough.
        }
    }

    private static LogLevel LevelOf(string text) => text.ToUpperInvariant() switch
    {
        "" or "INFO" => LogLevel.Information,
        "TRACE" => LogLevel.Trace,
        "DEBUG" => LogLevel.Debug,
        "WARN" => LogLevel.Warning,
        "ERR" or "ERROR" => LogLevel.Error,
        _ => throw WireException.BadRequest($"Unknown log level: {text}"),
    };
}
