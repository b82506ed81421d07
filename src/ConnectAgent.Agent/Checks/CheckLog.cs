using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Checks;

// Event ids 1500-1599.
internal static partial class CheckLog
{
    [LoggerMessage(1501, LogLevel.Error, "Check broke: check={CheckId}")]
    public static partial void CheckBroke(this ILogger logger, string checkId, Exception error);

    [LoggerMessage(1502, LogLevel.Error, "Result of a check could not be stored: check={CheckId}")]
    public static partial void ReportFailed(this ILogger logger, string checkId, Exception error);
}
