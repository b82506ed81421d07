using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Roots;

// Event id 1104.
internal static partial class RootsLog
{
    [LoggerMessage(1104, LogLevel.Error, "Watching the roots failed unexpectedly")]
    public static partial void WatchBroke(this ILogger logger, Exception error);
}
