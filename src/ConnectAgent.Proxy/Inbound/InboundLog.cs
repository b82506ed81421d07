using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Inbound;

internal static partial class InboundLog
{
    [LoggerMessage(5120, LogLevel.Warning, "A connection of the mesh is refused: peer={Peer} reason={Reason} detail={Detail}")]
    public static partial void ConnectionRefused(this ILogger logger, string peer, string reason, string detail);
}
