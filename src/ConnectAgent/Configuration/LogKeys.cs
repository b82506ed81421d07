using ConnectAgent.Protocol.Text;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Where the log goes besides standard output (config-and-cli section 2, "Telemetry, logging, process").</summary>
internal static class LogKeys
{
    public static readonly KeyTable Table = new();

    // As the C library numbers them.
    private static readonly string[] Facilities =
    [
        "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP", "", "", "", "",
        "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7",
    ];

    private static readonly ConfigKey<string?> File = Table.Text("log_file")
        .WithFlag("log-file", "Where the log is written besides standard output: the beginning of the files' names, which a time completes.");

    private static readonly ConfigKey<int?> Bytes = Table.Number("log_rotate_bytes").WithFlag("log-rotate-bytes", "After so many bytes the log goes on in the next file; 0 is no limit.");

    private static readonly ConfigKey<TimeSpan> Duration = Table.Duration("log_rotate_duration", TimeSpan.FromHours(24))
        .WithFlag("log-rotate-duration", "After this time the log goes on in the next file.");

    private static readonly ConfigKey<int?> Archives = Table.Number("log_rotate_max_files")
        .WithFlag("log-rotate-max-files", "How many older files are kept; 0 keeps all, -1 none.");

    private static readonly ConfigKey<bool> Syslog = Table.Flag("enable_syslog", fallback: false).WithFlag("syslog", "Whether the log goes to the syslog of this host, too.");

    private static readonly ConfigKey<string> Facility = Table.Bound("syslog_facility", static (key, text) =>
        string.IsNullOrEmpty(text) ? "LOCAL0"
            : Facilities.Contains(text, StringComparer.OrdinalIgnoreCase) ? text.ToUpperInvariant()
            : throw new ConfigurationException($"{key}: {GoQuote.Of(text)} is none of {string.Join(", ", Facilities.Where(static name => name.Length > 0))}"));

    /// <summary>The files; null for none.</summary>
    /// <exception cref="ConfigurationException">It names the key.</exception>
    public static LogFileOptions? FilesOf(ConfigValues values)
    {
        var (bytes, age, archives) = (values.Of(Bytes) ?? 0, values.Of(Duration), values.Of(Archives) ?? 0);
        Require(bytes >= 0, $"{Bytes.Path} cannot be {bytes}. Must be greater than or equal to zero");
        Require(archives >= -1, $"{Archives.Path} cannot be {archives}. Must be -1 (keep none), 0 (keep all) or a number of files");
        return values.Of(File) is { Length: > 0 } path ? new LogFileOptions(path, bytes, age, archives) : null;
    }

    /// <summary>The facility of syslog, by its number; null when nothing goes there.</summary>
    /// <exception cref="ConfigurationException">It names the key.</exception>
    public static int? SyslogOf(ConfigValues values) => values.Of(Facility) is var name && values.Of(Syslog) ? Array.IndexOf(Facilities, name) : null;

    /// <summary>What has no effect without the key that it belongs to.</summary>
    public static IEnumerable<string> Warnings(ConfigValues values)
    {
        foreach (var key in new ConfigKey[] { Bytes, Duration, Archives }.Where(key => values.Has(key) && FilesOf(values) is null))
        {
            yield return $"{key.Path} has no effect: log_file is not set";
        }

        if (values.Has(Facility) && !values.Of(Syslog))
        {
            yield return $"{Facility.Path} has no effect: enable_syslog is not set";
        }
    }
}

/// <summary>The log in files.</summary>
/// <param name="Path">The beginning of their names; a folder when it ends in a slash.</param>
/// <param name="MaxBytes">Of one file; 0 is no limit.</param>
/// <param name="MaxAge">Of one file.</param>
/// <param name="Archives">Older files that are kept; 0 keeps all, −1 none.</param>
internal sealed record LogFileOptions(string Path, long MaxBytes, TimeSpan MaxAge, int Archives);
