using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Revocation;

// Event ids 2700-2799. What is revoked is public, so it may be logged.
internal static partial class RevocationLog
{
    [LoggerMessage(2701, LogLevel.Warning, "Revoked: {Key} serials_before={SerialsBefore} until={Until}")]
    public static partial void Revoked(this ILogger logger, string key, string serialsBefore, DateTimeOffset until);

    [LoggerMessage(2702, LogLevel.Warning, "Revocation taken back: {Key}")]
    public static partial void TakenBack(this ILogger logger, string key);

    [LoggerMessage(2703, LogLevel.Information, "Revocations of ended certificates removed: {Count}")]
    public static partial void Pruned(this ILogger logger, int count);

    [LoggerMessage(2704, LogLevel.Warning, "Revocations could not be kept up; next attempt in {Pause}: {Reason}")]
    public static partial void UpkeepFailed(this ILogger logger, TimeSpan pause, string reason);
}
