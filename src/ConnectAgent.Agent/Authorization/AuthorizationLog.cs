using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Authorization;

internal static partial class AuthorizationLog
{
    [LoggerMessage(1301, LogLevel.Warning, "A peer of another namespace was allowed by default, as no intention can match it: namespace={Namespace}")]
    public static partial void ForeignNamespaceAllowed(this ILogger logger, string @namespace);

    [LoggerMessage(
        1302,
        LogLevel.Warning,
        "Permissions that cannot be evaluated as written fail closed: source={Source} destination={Destination} permissions={Positions}")]
    public static partial void UnusablePermissions(this ILogger logger, string source, string destination, string positions);
}
