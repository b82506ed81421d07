using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Files;

// Event ids 1205 and 1206.
internal static partial class FilesLog
{
    [LoggerMessage(1205, LogLevel.Warning, "File was open to others, and is tightened to 0600: file={File} mode={Mode}")]
    public static partial void ModeTightened(this ILogger logger, string file, string mode);

    [LoggerMessage(1206, LogLevel.Warning, "File is open to others, and cannot be tightened: file={File} mode={Mode} reason={Reason}")]
    public static partial void ModeStays(this ILogger logger, string file, string mode, string reason);
}
