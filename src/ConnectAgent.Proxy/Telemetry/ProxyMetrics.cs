using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Telemetry;

namespace ConnectAgent.Proxy.Telemetry;

/// <summary>All proxies of a process in numbers; docs/telemetry.md lists them.</summary>
internal sealed class ProxyMetrics
{
    public const string MeterName = "ConnectAgent.Proxy";

    private readonly ConcurrentDictionary<(string Proxy, string Upstream), TrafficCounts> _counts = [];
    private readonly Histogram<double> _setup;

    public ProxyMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("connect_agent.proxy.open", () => Each(static counts => counts.Open), "{connection}", "Connections that carry bytes.");
        meter.CreateObservableCounter("connect_agent.proxy.connections", () => Each(static counts => counts.Accepted), "{connection}", "Connections that were accepted.");
        meter.CreateObservableCounter("connect_agent.proxy.handshakes", () => Each(static counts => counts.Handshakes), "{handshake}", "TLS handshakes that were good.");
        meter.CreateObservableCounter("connect_agent.proxy.sent", () => Each(static counts => counts.There), "By", "Bytes from who connected.");
        meter.CreateObservableCounter("connect_agent.proxy.received", () => Each(static counts => counts.Back), "By", "Bytes to who connected.");
        meter.CreateObservableCounter("connect_agent.proxy.ended", EachEnd, "{connection}", "Connections that ended or never began, by reason.");
        meter.CreateObservableCounter("connect_agent.proxy.retries", () => Each(static counts => counts.Retries), "{instance}", "Instances that failed, so that the next was tried.");
        meter.CreateObservableCounter("connect_agent.proxy.requests", () => Each(static counts => counts.Requests), "{request}", "Requests of HTTP that were passed on.");
        meter.CreateObservableCounter("connect_agent.proxy.requests_denied", () => Each(static counts => counts.DeniedRequests), "{request}", "Requests of HTTP that were denied.");
        _setup = meter.CreateDuration("connect_agent.proxy.setup.duration", "From a connection's being accepted until its bytes are carried.");
    }

    /// <summary>The counts of one listener.</summary>
    /// <param name="proxy">The service of the proxy.</param>
    /// <param name="upstream">Empty: what comes in.</param>
    public TrafficCounts Of(string proxy, string upstream) => _counts.GetOrAdd((proxy, upstream), static _ => new TrafficCounts());

    /// <summary>A connection is set up.</summary>
    public void SetUp(TimeSpan time) => _setup.Record(time.TotalSeconds);

    private IEnumerable<Measurement<long>> Each(Func<TrafficCounts, long> value) =>
        _counts.Select(pair => new Measurement<long>(value(pair.Value), LabelsOf(pair.Key)));

    private IEnumerable<Measurement<long>> EachEnd() => _counts.SelectMany(static pair => pair.Value.Ends.Select(end =>
        new Measurement<long>(end.Value, [.. LabelsOf(pair.Key), new KeyValuePair<string, object?>("reason", end.Key)])));

    private static KeyValuePair<string, object?>[] LabelsOf((string Proxy, string Upstream) key) =>
    [
        new("proxy", key.Proxy),
        new("upstream", key.Upstream),
    ];
}
