using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Listening;

internal static partial class ListenerLog
{
    [LoggerMessage(5110, LogLevel.Error, "Cannot accept connections for the moment: listener={Listener} error={Error}")]
    public static partial void AcceptFailed(this ILogger logger, string listener, string error);
}
