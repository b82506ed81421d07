namespace ConnectAgent.Watches;

// Event ids 4100-4199.
internal static partial class WatchLog
{
    [LoggerMessage(4101, LogLevel.Debug, "Watch handler done: type={Type} index={Index} output={Output}")]
    public static partial void Handled(this ILogger logger, string type, ulong index, string output);

    [LoggerMessage(4102, LogLevel.Error, "Watch handler failed: type={Type} index={Index} error={Error} output={Output}")]
    public static partial void HandlerFailed(this ILogger logger, string type, ulong index, string error, string output);

    [LoggerMessage(4103, LogLevel.Error, "Watch failed: type={Type} error={Error}")]
    public static partial void WatchFailed(this ILogger logger, string type, string error);

    [LoggerMessage(4104, LogLevel.Information, "Watches run: count={Count}")]
    public static partial void WatchesRun(this ILogger logger, int count);
}
