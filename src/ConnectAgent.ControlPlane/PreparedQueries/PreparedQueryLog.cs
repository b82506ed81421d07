using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.PreparedQueries;

// Event ids 2900-2999.
internal static partial class PreparedQueryLog
{
    [LoggerMessage(2901, LogLevel.Warning, "Prepared query failed in another datacenter: query={Query} datacenter={Datacenter} reason={Reason}")]
    public static partial void FailoverFailed(this ILogger logger, string query, string datacenter, string reason);
}
