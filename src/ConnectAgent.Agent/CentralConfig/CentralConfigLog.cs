using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.CentralConfig;

// Event ids 1710 to 1719.
internal static partial class CentralConfigLog
{
    [LoggerMessage(1710, LogLevel.Warning, "Config entries cannot be read, proxies keep what is known of them: kind={Kind} reason={Reason}")]
    public static partial void EntriesUnreadable(this ILogger logger, string kind, string reason);
}
