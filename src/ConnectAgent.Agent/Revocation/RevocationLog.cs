using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Revocation;

// Event ids 1700-1709.
internal static partial class RevocationLog
{
    [LoggerMessage(1701, LogLevel.Information, "Revoked leaf replaced: service={Service} serial={Serial}")]
    public static partial void RevokedLeafRenewed(this ILogger logger, string service, string serial);

    [LoggerMessage(1702, LogLevel.Warning, "Revoked leaf could not be replaced: service={Service} serial={Serial} reason={Reason}")]
    public static partial void RevokedLeafStays(this ILogger logger, string service, string serial, string reason);
}
