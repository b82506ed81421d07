using System.Text;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>The log as it is written (services AG-24).</summary>
internal sealed class MonitorEndpoints(ILogMonitor monitor, LiveStreams streams) : IWireEndpoints
{
    // Under a flood of lines, too, some are on their way before the next are taken.
    private const int FlushedAt = 64 * 1024;

    public void Map(WireRoutes routes) => routes.MapWire("/v1/agent/monitor", (HttpMethods.Get, Permission.AgentRead, FollowAsync));

    private async Task FollowAsync(WireRequest request)
    {
        var isJson = request.Query.Has("logjson");
        using var feed = monitor.Follow(LevelOf(request.Query.First("loglevel")), isJson);
        await streams.AnswerAsync(request, isJson ? "application/json" : "text/plain; charset=utf-8", async stream =>
        {
            while (await feed.Lines.WaitToReadAsync(request.Aborted))
            {
                while (stream.UnsentBytes < FlushedAt && feed.Lines.TryRead(out var line))
                {
                    Encoding.UTF8.GetBytes(line, stream.Unsent);
                }

                await stream.FlushAsync();
            }
        });
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
