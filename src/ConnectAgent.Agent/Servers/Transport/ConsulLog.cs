using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Servers.Transport;

// Event ids 1300-1399. One line for each change of state, not for each call.
internal static partial class ConsulLog
{
    [LoggerMessage(1301, LogLevel.Warning, "Servers are unreachable; what is cached goes on being answered: reason={Reason}")]
    public static partial void ServersUnreachable(this ILogger logger, string reason);

    [LoggerMessage(1302, LogLevel.Information, "Servers are reachable again: server={Server}")]
    public static partial void ServersReachable(this ILogger logger, string server);

    [LoggerMessage(1303, LogLevel.Warning, "Server left for another: server={Server} next={Next} reason={Reason}")]
    public static partial void ServerLeft(this ILogger logger, string server, string next, string reason);

    [LoggerMessage(1304, LogLevel.Information, "Another server is asked from now on, to spread the load: server={Server} next={Next}")]
    public static partial void Rebalanced(this ILogger logger, string server, string next);
}
