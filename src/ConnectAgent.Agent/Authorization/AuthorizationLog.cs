using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Authorization;

// Event ids 1800-1899.
internal static partial class AuthorizationLog
{
    [LoggerMessage(1801, LogLevel.Warning, "A peer of another namespace was allowed by default, as no intention can match it: namespace={Namespace}")]
    public static partial void ForeignNamespaceAllowed(this ILogger logger, string @namespace);

    [LoggerMessage(
        1802,
        LogLevel.Warning,
        "Permissions that cannot be evaluated as written fail closed: source={Source} destination={Destination} permissions={Positions}")]
    public static partial void UnusablePermissions(this ILogger logger, string source, string destination, string positions);
}
