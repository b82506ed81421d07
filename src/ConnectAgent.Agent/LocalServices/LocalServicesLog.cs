using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.LocalServices;

// Event ids 2600-2699. No token is ever logged.
internal static partial class LocalServicesLog
{
    [LoggerMessage(2601, LogLevel.Warning, "A token cannot be opened with local.key, and the default token stands in for it until it is registered again: {Of}")]
    public static partial void TokenLost(this ILogger logger, string of);

    [LoggerMessage(2602, LogLevel.Debug, "Local services restored: services={Services} checks={Checks}")]
    public static partial void Restored(this ILogger logger, int services, int checks);

    [LoggerMessage(2603, LogLevel.Information, "Service registered: service={Service}")]
    public static partial void Registered(this ILogger logger, string service);

    [LoggerMessage(2604, LogLevel.Information, "Service deregistered: service={Service}")]
    public static partial void Deregistered(this ILogger logger, string service);

    [LoggerMessage(2605, LogLevel.Warning, "Results of TTL checks cannot be kept over a restart now: {Reason}")]
    public static partial void ResultsNotKept(this ILogger logger, string reason);
}
