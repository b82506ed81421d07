namespace ConnectAgent.Hosting;

// Event ids 4000-4099.
internal static partial class HostLog
{
    [LoggerMessage(4001, LogLevel.Information, "Caught: signal={Signal}")]
    public static partial void Caught(this ILogger logger, string signal);

    [LoggerMessage(4002, LogLevel.Information, "Graceful shutdown disabled. Exiting")]
    public static partial void NoGracefulExit(this ILogger logger);

    [LoggerMessage(4003, LogLevel.Information, "Gracefully shutting down agent...")]
    public static partial void GracefulExit(this ILogger logger);

    [LoggerMessage(4004, LogLevel.Information, "Exit code: code={Code}")]
    public static partial void ExitCode(this ILogger logger, int code);

    [LoggerMessage(4005, LogLevel.Error, "Error starting agent: error={Error}")]
    public static partial void StartFailed(this ILogger logger, string error);

    [LoggerMessage(4006, LogLevel.Warning, "{Warning}")]
    public static partial void ConfigurationWarning(this ILogger logger, string warning);

    [LoggerMessage(4007, LogLevel.Information, "Started HTTP server: address={Address} network={Network}")]
    public static partial void Listening(this ILogger logger, string address, string network);

    [LoggerMessage(4013, LogLevel.Information, "Servers: addresses={Addresses}")]
    public static partial void ServersConfigured(this ILogger logger, string addresses);

    [LoggerMessage(4008, LogLevel.Information, "Configuration read: file={File}")]
    public static partial void FileRead(this ILogger logger, string file);

    [LoggerMessage(4009, LogLevel.Information, "Configuration reloaded")]
    public static partial void Reloaded(this ILogger logger);

    [LoggerMessage(4010, LogLevel.Error, "Reload config failed: error={Error}")]
    public static partial void ReloadFailed(this ILogger logger, string error);

    [LoggerMessage(4018, LogLevel.Error, "Reload config broke")]
    public static partial void ReloadBroke(this ILogger logger, Exception error);

    [LoggerMessage(4011, LogLevel.Warning, "cannot reload before agent started")]
    public static partial void ReloadTooEarly(this ILogger logger);

    [LoggerMessage(4014, LogLevel.Error, "A background service died: service={Service}")]
    public static partial void ServiceDied(this ILogger logger, Exception error, string service);

    [LoggerMessage(4015, LogLevel.Error, "Exit code: code={Code} reason={Reason}")]
    public static partial void ExitCodeWithReason(this ILogger logger, int code, string reason);

    [LoggerMessage(4016, LogLevel.Warning, "Connect is off, so that every Connect endpoint refuses: set connect.enabled to true, or to false if that is meant")]
    public static partial void ConnectForgotten(this ILogger logger);

    [LoggerMessage(4017, LogLevel.Information, "Entry of config_entries.bootstrap exists already and is left as it is: entry={Entry} kind={Kind} name={Name}")]
    public static partial void BootstrapEntryStays(this ILogger logger, string entry, string kind, string name);

    [LoggerMessage(4020, LogLevel.Warning, "Changed in the configuration, and taken over at a restart: key={Key}")]
    public static partial void WaitsForRestart(this ILogger logger, string key);

    [LoggerMessage(4021, LogLevel.Information, "Files of the configuration have changed: reloading")]
    public static partial void FilesChanged(this ILogger logger);

    [LoggerMessage(4019, LogLevel.Error, "Lines of the log are lost: target={Target} error={Error}")]
    public static partial void LogTargetFailed(this ILogger logger, string target, string error);

    [LoggerMessage(4012, LogLevel.Warning, "What was left at the socket's path is removed: path={Path}")]
    public static partial void StaleRemoved(this ILogger logger, string path);
}
