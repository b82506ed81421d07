using Microsoft.Extensions.Logging;

namespace ConnectAgent.State.Storage;

// Event ids from 1901.
internal static partial class StorageLog
{
    [LoggerMessage(1901, LogLevel.Warning, "Row dropped by the upgrade of the state: table={Table} key={Key} version={Version} reason={Reason}")]
    public static partial void RowDropped(this ILogger logger, string table, string key, int version, string reason);
}
