namespace ConnectAgent.Proxies;

internal static partial class ProxiesLog
{
    [LoggerMessage(5150, LogLevel.Information, "Proxy starting in this process: id={Id}")]
    public static partial void ProxyStarting(this ILogger logger, string id);

    [LoggerMessage(5151, LogLevel.Warning, "Proxy cannot run, it is started again: id={Id} error={Error} pause={Pause}")]
    public static partial void ProxyEnded(this ILogger logger, string id, string error, TimeSpan pause);

    [LoggerMessage(5152, LogLevel.Error, "Proxy died, it is started again: id={Id} pause={Pause}")]
    public static partial void ProxyDied(this ILogger logger, Exception death, string id, TimeSpan pause);
}
