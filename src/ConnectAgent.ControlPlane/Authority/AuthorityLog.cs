using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Authority;

// Event ids 2000-2099.
internal static partial class AuthorityLog
{
    [LoggerMessage(2001, LogLevel.Information, "CA root made: id={RootId} not_after={NotAfter}")]
    public static partial void RootMade(this ILogger logger, string rootId, DateTimeOffset notAfter);
}
