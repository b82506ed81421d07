using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Wire;

/// <summary>Counts what is refused for its token, and tells the log what the answer does not: whose token it was and what it lacks (acl ACL-ERR-12).</summary>
/// <param name="tokens">Knows accessors; only with an embedded control plane.</param>
internal sealed class AclDenials(AclMetrics metrics, ILogger<AclDenials> logger, TokenResolver? tokens = null)
{
    // Names come from callers.
    [Limit("log.denied_name", "characters", "cut")]
    private const int LongestName = 200;

    /// <summary>Notes a request that failed; one that failed for something else is nothing to note.</summary>
    public void Note(WireRequest request, string method, WireRoute route, ServerException error)
    {
        if (error.Kind == FailureKind.UnknownToken)
        {
            metrics.UnknownToken();
        }
        else if (error.Kind == FailureKind.PermissionDenied)
        {
            metrics.Denied(error.Denied?.Resource);
            if (error.Denied is { } missing && logger.IsEnabled(LogLevel.Debug))
            {
                var name = missing.Segment.Length <= LongestName ? missing.Segment : missing.Segment[..LongestName];
                logger.Denied(method, route.Path, AccessorOf(request), $"{Word(missing.Resource)}:{Word(missing.Access)}", name);
            }
        }
    }

    /// <summary>The public name of a request's token; never its secret.</summary>
    public string AccessorOf(WireRequest request)
    {
        var token = request.Token();
        return tokens?.Find(token.Length == 0 ? ReservedTokens.Anonymous : token)?.AccessorId ?? "unknown";
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

// Event ids 3300-3399.
internal static partial class AclDenialsLog
{
    [LoggerMessage(3301, LogLevel.Debug, "Permission denied: method={Method} route={Route} accessor={Accessor} missing={Right} name={Name}")]
    public static partial void Denied(this ILogger logger, string method, string route, string accessor, string right, string name);

    [LoggerMessage(3302, LogLevel.Information, "Tokens listed with their secrets: accessor={Accessor} count={Count}")]
    public static partial void SecretsListed(this ILogger logger, string accessor, int count);
}
