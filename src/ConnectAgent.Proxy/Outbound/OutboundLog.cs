using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Outbound;

internal static partial class OutboundLog
{
    [LoggerMessage(5130, LogLevel.Error, "An upstream cannot be connected to: upstream={Upstream} reason={Reason} detail={Detail}")]
    public static partial void UpstreamFailed(this ILogger logger, string upstream, string reason, string detail);

    [LoggerMessage(5131, LogLevel.Warning, "An instance of an upstream failed, the next is tried: upstream={Upstream} address={Address} error={Error}")]
    public static partial void InstanceFailed(this ILogger logger, string upstream, string address, string error);
}
