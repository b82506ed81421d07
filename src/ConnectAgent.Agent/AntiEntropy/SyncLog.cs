using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.AntiEntropy;

// Event ids 1720 to 1739.
internal static partial class SyncLog
{
    [LoggerMessage(1720, LogLevel.Debug, "Synced with the catalog: {Subject}")]
    public static partial void Synced(this ILogger logger, string subject);

    [LoggerMessage(1721, LogLevel.Debug, "Removed from the catalog: {Subject}")]
    public static partial void Removed(this ILogger logger, string subject);

    [LoggerMessage(1722, LogLevel.Warning, "The catalog refused a write, the next comparison tries again: {Subject} reason={Reason}")]
    public static partial void WriteRefused(this ILogger logger, string subject, string reason);

    [LoggerMessage(1723, LogLevel.Warning, "The catalog cannot be written, it is compared again when the servers are reachable: {Subject} reason={Reason}")]
    public static partial void WriteFailed(this ILogger logger, string subject, string reason);

    [LoggerMessage(1724, LogLevel.Warning, "The catalog cannot be compared with what is registered here: reason={Reason}")]
    public static partial void ComparisonFailed(this ILogger logger, string reason);

    [LoggerMessage(1725, LogLevel.Information, "The catalog is compared with what is registered here again")]
    public static partial void ComparisonRecovered(this ILogger logger);

    [LoggerMessage(1726, LogLevel.Error, "A write to the catalog failed unexpectedly: {Group}")]
    public static partial void WriteBroke(this ILogger logger, Exception error, string group);

    [LoggerMessage(1727, LogLevel.Debug, "Tags taken over from the catalog: service={Service}")]
    public static partial void TagsTaken(this ILogger logger, string service);

    [LoggerMessage(1728, LogLevel.Debug, "The end of the agent could not be told to the catalog: reason={Reason}")]
    public static partial void GoodbyeFailed(this ILogger logger, string reason);

    [LoggerMessage(
        1729, LogLevel.Warning, "A service that is registered here is not in the catalog, where its ID is that of this server's own: register it under another ID: service={Service}")]
    public static partial void IdIsServers(this ILogger logger, string service);
}
