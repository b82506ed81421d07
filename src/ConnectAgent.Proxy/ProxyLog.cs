using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy;

internal static partial class ProxyLog
{
    [LoggerMessage(5140, LogLevel.Information, "Starting listener: listener={Listener} bind_addr={Address}")]
    public static partial void ListenerStarting(this ILogger logger, string listener, string address);

    [LoggerMessage(5141, LogLevel.Information, "Stopping listener: listener={Listener}")]
    public static partial void ListenerStopping(this ILogger logger, string listener);

    [LoggerMessage(5142, LogLevel.Error, "A listener cannot start: listener={Listener} error={Error}")]
    public static partial void ListenerFailed(this ILogger logger, string listener, string error);

    [LoggerMessage(5143, LogLevel.Information, "Proxy loaded config and ready to serve")]
    public static partial void Ready(this ILogger logger);

    [LoggerMessage(5144, LogLevel.Information, "Parsed TLS identity: uri={Uri} roots=[{Roots}]")]
    public static partial void Identity(this ILogger logger, string uri, string roots);

    [LoggerMessage(5145, LogLevel.Information, "Draining connections: count={Count} longest={Longest}")]
    public static partial void Draining(this ILogger logger, int count, TimeSpan longest);

    [LoggerMessage(5146, LogLevel.Warning, "The certificate cannot be had for the moment: service={Service} error={Error} pause={Pause}")]
    public static partial void IdentityFailed(this ILogger logger, string service, string error, TimeSpan pause);
}
