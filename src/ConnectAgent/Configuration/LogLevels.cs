using Serilog.Events;

namespace ConnectAgent.Configuration;

/// <summary>The reference's names of log levels (config-and-cli section 2, LOG-1).</summary>
internal static class LogLevels
{
    /// <summary>Checks a level, any case.</summary>
    /// <returns>The level in upper case.</returns>
    /// <exception cref="ConfigurationException">For an unknown one.</exception>
    public static string Check(string level) => level.ToUpperInvariant() is var upper && TryParse(upper, out _)
        ? upper
        : throw new ConfigurationException($"Invalid log level: {level}. Valid log levels are: [TRACE DEBUG INFO WARN ERR ERROR]");

    public static LogEventLevel Parse(string level) => TryParse(level, out var parsed) ? parsed : LogEventLevel.Information;

    public static string NameOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "TRACE",
        LogEventLevel.Debug => "DEBUG",
        LogEventLevel.Information => "INFO",
        LogEventLevel.Warning => "WARN",
        _ => "ERROR",
    };

    private static bool TryParse(string upper, out LogEventLevel level)
    {
        (var known, level) = upper switch
        {
            "TRACE" => (true, LogEventLevel.Verbose),
            "DEBUG" => (true, LogEventLevel.Debug),
            "INFO" => (true, LogEventLevel.Information),
            "WARN" => (true, LogEventLevel.Warning),
            "ERR" or "ERROR" => (true, LogEventLevel.Error),
            _ => (false, LogEventLevel.Information),
        };
        return known;
    }
}
