using System.Globalization;

namespace ConnectAgent.Hosting.Systemd;

/// <summary>What the service manager has put into the environment of the process (sd_notify(3), sd_watchdog_enabled(3)).</summary>
/// <param name="Socket">Where it listens: a path, or <c>@</c> and the name of an abstract socket. Null: nobody asks.</param>
/// <param name="WatchdogTime">How long it waits for a sign of life before it ends the process; null: it does not.</param>
internal sealed record ServiceManagerOptions(string? Socket, TimeSpan? WatchdogTime)
{
    // No timer waits for longer than some weeks, and more signs of life than asked for do no harm.
    private const long DayInMicroseconds = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;

    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string TimeVariable = "WATCHDOG_USEC";
    private const string ProcessVariable = "WATCHDOG_PID";

    /// <summary>Takes it out of the environment, because the programs of checks are no services of the manager.</summary>
    public static ServiceManagerOptions TakeFromEnvironment()
    {
        var options = Of(Environment.GetEnvironmentVariable(SocketVariable), Environment.GetEnvironmentVariable(TimeVariable), Environment.GetEnvironmentVariable(ProcessVariable));
        foreach (var name in new[] { SocketVariable, TimeVariable, ProcessVariable })
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        return options;
    }

    /// <summary>The same of the values of the variables.</summary>
    /// <param name="socket">Anything but a path or an abstract name is no socket of this host.</param>
    /// <param name="time">Microseconds.</param>
    /// <param name="process">Whom <paramref name="time"/> is meant for; null: this one.</param>
    internal static ServiceManagerOptions Of(string? socket, string? time, string? process)
    {
        var isSocket = socket is ['/' or '@', _, ..];
        var isMeant = string.IsNullOrEmpty(process) || process == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return new ServiceManagerOptions(
            isSocket ? socket : null,
            isSocket && isMeant && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
                ? TimeSpan.FromMicroseconds(Math.Min(microseconds, DayInMicroseconds))
                : null);
    }
}
