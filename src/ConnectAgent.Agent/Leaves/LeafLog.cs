using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Leaves;

// Event ids 1100-1199, but for 1104.
internal static partial class LeafLog
{
    [LoggerMessage(1101, LogLevel.Debug, "Leaf issued: service={Service} serial={Serial} valid_before={ValidBefore}")]
    public static partial void Issued(this ILogger logger, string service, string serial, DateTimeOffset validBefore);

    [LoggerMessage(1102, LogLevel.Warning, "Signer is at its rate limit; the leaf stays: service={Service} next_attempt={NextAttempt}")]
    public static partial void RenewalRefused(this ILogger logger, string service, DateTimeOffset nextAttempt);

    [LoggerMessage(1103, LogLevel.Warning, "Leaf renewal failed; the leaf stays: service={Service} reason={Reason} next_attempt={NextAttempt}")]
    public static partial void RenewalFailed(this ILogger logger, string service, string reason, DateTimeOffset nextAttempt);
}
