using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConnectAgent.Telemetry;

/// <summary>Requests by route, method and status; labels are the product's own routes, so they are bounded.</summary>
internal sealed class HttpMetrics
{
    public const string MeterName = "ConnectAgent.Http";

    private readonly ConcurrentDictionary<(string Route, string Method, int Status), Counter> _requests = new();

    public HttpMetrics(IMeterFactory meters) => meters.Create(MeterName).CreateObservableCounter(
        "connect_agent.http.requests", Requests, "{request}", "Requests answered.");

    public void Answered(string route, string method, int status) =>
        Interlocked.Increment(ref _requests.GetOrAdd((route, method, status), static _ => new Counter()).Value);

    private IEnumerable<Measurement<long>> Requests() => _requests.Select(pair => new Measurement<long>(
        Volatile.Read(ref pair.Value.Value),
        new KeyValuePair<string, object?>("path", pair.Key.Route),
        new KeyValuePair<string, object?>("method", pair.Key.Method),
        new KeyValuePair<string, object?>("status", pair.Key.Status)));

    private sealed class Counter
    {
        public long Value;
    }
}
