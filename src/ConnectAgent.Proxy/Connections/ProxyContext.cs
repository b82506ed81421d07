using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;
using ConnectAgent.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Proxy.Connections;

/// <summary>What all listeners of one proxy share.</summary>
internal sealed record ProxyContext
{
    public required string Service { get; init; }

    public required ServiceMesh Mesh { get; init; }

    public required ProxyLimits Limits { get; init; }

    public required OpenConnections Connections { get; init; }

    public required PendingHandshakes Pending { get; init; }

    public required ProxyMetrics Metrics { get; init; }

    public required AccessLog Access { get; init; }

    public required TimeProvider Clock { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    public required ILogger Logger { get; init; }
}
