using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Checks;

// Event ids 1500-1599.
internal static partial class CheckLog
{
    [LoggerMessage(1501, LogLevel.Error, "Check broke: check={CheckId}")]
    public static partial void CheckBroke(this ILogger logger, string checkId, Exception error);

    [LoggerMessage(1502, LogLevel.Error, "Result of a check could not be stored: check={CheckId}")]
    public static partial void ReportFailed(this ILogger logger, string checkId, Exception error);

    [LoggerMessage(1503, LogLevel.Information, "Service deregistered, because it was critical for too long: service={ServiceId}")]
    public static partial void CriticalDeregistered(this ILogger logger, string serviceId);

    [LoggerMessage(1504, LogLevel.Warning, "Critical service could not be deregistered; next attempt in 30 s: service={ServiceId} reason={Reason}")]
    public static partial void NotDeregistered(this ILogger logger, string serviceId, string reason);
}
