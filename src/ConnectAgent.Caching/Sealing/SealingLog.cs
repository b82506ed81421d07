using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Sealing;

// Event ids 1200-1299, but for 1205 and 1206. Neither an id nor a payload of an entry is ever logged.
internal static partial class SealingLog
{
    [LoggerMessage(1201, LogLevel.Warning, "Sealed file is bad: file={File} reason={Reason} entries_kept={Entries}")]
    public static partial void FileBad(this ILogger logger, string file, string reason, int entries);

    [LoggerMessage(1202, LogLevel.Warning, "Bad file is set aside: file={File} as={Aside}")]
    public static partial void SetAside(this ILogger logger, string file, string aside);

    [LoggerMessage(1203, LogLevel.Warning, "Bad file cannot be set aside: file={File} reason={Reason}")]
    public static partial void SetAsideFailed(this ILogger logger, string file, string reason);

    [LoggerMessage(1204, LogLevel.Warning, "Old bad file cannot be deleted: file={File} reason={Reason}")]
    public static partial void PruneFailed(this ILogger logger, string file, string reason);

    [LoggerMessage(1207, LogLevel.Warning, "Sealed cache cannot be read now; starting without it: {Reason}")]
    public static partial void LoadFailed(this ILogger logger, string reason);

    [LoggerMessage(1208, LogLevel.Debug, "Sealed cache read: entries={Entries}")]
    public static partial void Loaded(this ILogger logger, int entries);

    [LoggerMessage(1209, LogLevel.Debug, "Sealed cache written: entries={Entries}")]
    public static partial void Written(this ILogger logger, int entries);

    [LoggerMessage(1210, LogLevel.Warning, "Sealed cache cannot be written; next attempt in {Pause}, further failures are not logged")]
    public static partial void WriteFailed(this ILogger logger, Exception error, TimeSpan pause);

    [LoggerMessage(1211, LogLevel.Information, "Sealed cache is written again: failures={Failures}")]
    public static partial void WriteRecovered(this ILogger logger, int failures);

    [LoggerMessage(1212, LogLevel.Warning, "Entries are too large to be sealed and will not outlive a restart: entries={Entries} largest={Bytes}")]
    public static partial void EntriesRefused(this ILogger logger, int entries, long bytes);

    [LoggerMessage(1213, LogLevel.Warning, "Sealed cache closes with changes that are not on disk")]
    public static partial void ClosedUnwritten(this ILogger logger);

    [LoggerMessage(1214, LogLevel.Information, "Cache restored from the sealed file: entries={Entries}")]
    public static partial void Restored(this ILogger logger, int entries);

    [LoggerMessage(1215, LogLevel.Warning, "A sealed entry cannot be read and is forgotten: reason={Reason}")]
    public static partial void EntryUnreadable(this ILogger logger, string reason);
}
