using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Telemetry;

namespace ConnectAgent.Http.Wire;

/// <summary>Requests by route, method and status; labels are the product's own routes, so they are bounded.</summary>
internal sealed class HttpMetrics
{
    public const string MeterName = "ConnectAgent.Http";

    private readonly ConcurrentDictionary<(string Route, string Method, int Status), Counter> _requests = new();

    private readonly Dictionary<string, Histogram<double>> _durations;
    private long _client;
    private long _server;

    public HttpMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("connect_agent.http.requests", Requests, "{request}", "Requests answered.");
        meter.CreateObservableCounter("connect_agent.http.errors", Errors, "{request}", "Requests that failed, by whose fault it was.");
        _durations = new(StringComparer.Ordinal)
        {
            ["/v1/agent/connect/authorize"] = meter.CreateDuration("connect_agent.authorize.duration", "From a decision's request to its answer."),
            ["/v1/agent/connect/ca/leaf/"] = meter.CreateDuration("connect_agent.leaf.duration", "From a leaf's request to its answer; blocking queries are left out."),
        };
    }

    /// <summary>Counts an answer.</summary>
    /// <param name="isMistake">It is the caller's, whatever status a rule asks for (acl ACL-DEF-5).</param>
    public void Answered(string route, string method, int status, bool isMistake)
    {
        CounterOf(route, method, status).Increment();
        if (status >= StatusCodes.Status400BadRequest)
        {
            Interlocked.Increment(ref isMistake || status < StatusCodes.Status500InternalServerError ? ref _client : ref _server);
        }
    }

    /// <summary>Where the durations of a route's requests go; null where nobody asks for them.</summary>
    public Histogram<double>? DurationsOf(string route) => _durations.GetValueOrDefault(route);

    private Measurement<long>[] Errors() =>
    [
        new(Volatile.Read(ref _client), new KeyValuePair<string, object?>("fault", "client")),
        new(Volatile.Read(ref _server), new KeyValuePair<string, object?>("fault", "server")),
    ];

    /// <summary>The counter itself, for those who count the same thing again and again.</summary>
    public Counter CounterOf(string route, string method, int status) => _requests.GetOrAdd((route, method, status), static _ => new Counter());

    private IEnumerable<Measurement<long>> Requests() => _requests.Where(pair => pair.Value.Value > 0).Select(pair => new Measurement<long>(
        pair.Value.Value,
        new KeyValuePair<string, object?>("path", pair.Key.Route),
        new KeyValuePair<string, object?>("method", pair.Key.Method),
        new KeyValuePair<string, object?>("status", pair.Key.Status)));

    internal sealed class Counter
    {
        private long _value;

        public long Value => Volatile.Read(ref _value);

        public void Increment() => Interlocked.Increment(ref _value);
    }
}
