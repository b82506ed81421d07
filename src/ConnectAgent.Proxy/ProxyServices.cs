using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy;

/// <summary>What all proxies of a process share.</summary>
/// <param name="Metrics">Counts.</param>
/// <param name="Refusals">Counts what bounds refuse.</param>
/// <param name="Clock">Of all pauses and limits.</param>
/// <param name="Loggers">Hear what happens.</param>
internal sealed record ProxyServices(ProxyMetrics Metrics, LimitMetrics Refusals, TimeProvider Clock, ILoggerFactory Loggers);
