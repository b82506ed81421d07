using Microsoft.Extensions.Logging;

namespace ConnectAgent.Client.AspNetCore;

// Event ids 6700-6799.
internal static partial class ConnectServerLog
{
    [LoggerMessage(6700, LogLevel.Information, "A handshake with {Service} was refused: {Reason}")]
    public static partial void PeerRefused(this ILogger logger, string service, string reason);

    [LoggerMessage(6701, LogLevel.Information, "{Peer} may not connect to {Service}: {Reason}")]
    public static partial void ConnectionDenied(this ILogger logger, string service, string peer, string reason);

    [LoggerMessage(6702, LogLevel.Warning, "A connection of {Peer} to {Service} was refused, because no agent decided about it: {Reason}")]
    public static partial void ConnectionUndecided(this ILogger logger, string service, string peer, string reason);

    [LoggerMessage(6703, LogLevel.Information, "{Peer} may not make a request of {Service}: {Reason}")]
    public static partial void RequestDenied(this ILogger logger, string service, string peer, string reason);

    [LoggerMessage(6704, LogLevel.Warning, "A request of {Peer} to {Service} was refused, because no agent decided about it: {Reason}")]
    public static partial void RequestUndecided(this ILogger logger, string service, string peer, string reason);

    [LoggerMessage(6705, LogLevel.Error, "A connection to {Service} is served nothing: {Reason}")]
    public static partial void NotServed(this ILogger logger, string service, string reason);
}
