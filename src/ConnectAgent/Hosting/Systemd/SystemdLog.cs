namespace ConnectAgent.Hosting.Systemd;

// Event ids 4050-4059.
internal static partial class SystemdLog
{
    [LoggerMessage(4050, LogLevel.Warning, "The service manager cannot be notified: error={Error}")]
    public static partial void NotifyFailed(this ILogger logger, string error);

    [LoggerMessage(4051, LogLevel.Warning, "The agent did not answer its own request: limit={Limit}")]
    public static partial void AgentSilent(this ILogger logger, TimeSpan limit);
}
