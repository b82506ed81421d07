using Microsoft.Extensions.Logging;

namespace ConnectAgent.Client;

internal static partial class ClientLog
{
    [LoggerMessage(6600, LogLevel.Warning, "An agent failed; the next one is asked: {Reason}")]
    public static partial void AgentFailed(this ILogger logger, string reason);

    [LoggerMessage(6601, LogLevel.Warning, "A watch failed and is tried again: {Reason}")]
    public static partial void WatchFailed(this ILogger logger, string reason);

    [LoggerMessage(6602, LogLevel.Information, "Leaf {Serial} of {Service} is in use until {Until}")]
    public static partial void LeafChanged(this ILogger logger, string service, string serial, DateTimeOffset until);

    [LoggerMessage(6603, LogLevel.Information, "{Count} roots of trust domain {TrustDomain} are in use")]
    public static partial void RootsChanged(this ILogger logger, int count, string trustDomain);

    [LoggerMessage(6604, LogLevel.Error, "The agent's answer for {Service} cannot be used; what was in use stays: {Reason}")]
    public static partial void CredentialUnusable(this ILogger logger, string service, string reason);

    [LoggerMessage(6605, LogLevel.Warning, "No agent answers: the credential of {Service} comes from the fallback file")]
    public static partial void FallbackUsed(this ILogger logger, string service);

    [LoggerMessage(6606, LogLevel.Warning, "The fallback file cannot be used: {Reason}")]
    public static partial void FallbackUnusable(this ILogger logger, string reason);

    [LoggerMessage(6607, LogLevel.Information, "Connections of {Peer} are not allowed any more: {Reason}")]
    public static partial void PeerDenied(this ILogger logger, string peer, string reason);

    [LoggerMessage(6609, LogLevel.Error, "What closes connections of {Peer} has failed")]
    public static partial void CloseFailed(this ILogger logger, string peer, Exception error);

    [LoggerMessage(6610, LogLevel.Critical, "The watch of {Service} has ended; its credential is not renewed any more")]
    public static partial void WatchEnded(this ILogger logger, string service, Exception error);

    [LoggerMessage(6608, LogLevel.Warning, "An instance of upstream {Upstream} at {Address} failed: {Reason}")]
    public static partial void InstanceFailed(this ILogger logger, string upstream, string address, string reason);
}
