using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching;

// Event ids 1000-1099, but for 1005 to 1007. A key prints without its token.
internal static partial class CacheLog
{
    [LoggerMessage(1001, LogLevel.Debug, "Fetch failed: {Key}: {Reason}")]
    public static partial void FetchFailed(this ILogger logger, CacheKey key, string reason);

    [LoggerMessage(1002, LogLevel.Error, "Fetch failed unexpectedly: {Key}")]
    public static partial void FetchBroke(this ILogger logger, Exception error, CacheKey key);

    [LoggerMessage(1003, LogLevel.Trace, "Refresh ended: {Key}")]
    public static partial void RefreshEnded(this ILogger logger, CacheKey key);

    [LoggerMessage(1004, LogLevel.Warning, "Watch failed: kind={Kind} reason={Reason} failures={Failures}")]
    public static partial void WatchFailed(this ILogger logger, string kind, string reason, int failures);

    [LoggerMessage(1008, LogLevel.Error, "Refresh failed unexpectedly, its entries are dropped: {Key}")]
    public static partial void RefreshBroke(this ILogger logger, Exception error, CacheKey key);
}
