using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Tokens;

// Event ids 1005 to 1007.
internal static partial class TokenLog
{
    [LoggerMessage(1005, LogLevel.Information, "Cache entries dropped, their token is gone or lost its right: count={Count} after={Milliseconds}ms")]
    public static partial void EntriesRevoked(this ILogger logger, int count, double milliseconds);

    [LoggerMessage(1006, LogLevel.Warning, "A token of cached entries could not be resolved: reason={Reason}")]
    public static partial void TokenNotResolved(this ILogger logger, string reason);

    [LoggerMessage(1007, LogLevel.Error, "Checking the tokens of cached entries failed unexpectedly")]
    public static partial void LookBroke(this ILogger logger, Exception error);
}
