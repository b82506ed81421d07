using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ConnectAgent.Protocol.Telemetry;

namespace ConnectAgent.Caching;

/// <summary>The cache's own numbers; docs/telemetry.md lists them. Counted without locks, and only read when somebody asks.</summary>
internal sealed class CacheMetrics
{
    public const string MeterName = "ConnectAgent.Caching";

    private readonly ConcurrentDictionary<string, KindCounters> _kinds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _refused = new(StringComparer.Ordinal);

    private long _bytes;

    public CacheMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        Durations = meter.CreateDuration("connect_agent.fetch.duration", "From a fetch to its answer; fetches that a server holds are left out.");
        meter.CreateObservableGauge(
            "connect_agent.cache.entries", () => Each(kind => kind.Entries), "{entry}", "Entries held.");
        meter.CreateObservableGauge("connect_agent.cache.bytes", () => Volatile.Read(ref _bytes), "By", "What the entries take: keys, tokens and values.");
        meter.CreateObservableCounter(
            "connect_agent.cache.hits", () => Each(kind => kind.Hits), "{read}", "Reads that the first look satisfied.");
        meter.CreateObservableCounter("connect_agent.cache.misses", Misses, "{read}", "Reads that had to wait or to look again.");
        meter.CreateObservableCounter("connect_agent.cache.fetch.successes", Successes, "{fetch}", "Fetches that answered.");
        meter.CreateObservableCounter("connect_agent.cache.fetch.failures", Failures, "{fetch}", "Fetches that failed.");
        meter.CreateObservableCounter("connect_agent.cache.evictions", Evictions, "{entry}", "Entries that went, by reason.");
        meter.CreateObservableCounter("connect_agent.cache.refusals", Refusals, "{entry}", "Entries, or new values of entries, refused because a bound was reached.");
    }

    /// <summary>Of fetches.</summary>
    public Histogram<double> Durations { get; }

    public void Hit(string kind) => Interlocked.Increment(ref Of(kind).Hits);

    public void Missed(string kind, bool blocking) =>
        Interlocked.Increment(ref blocking ? ref Of(kind).MissesBlocking : ref Of(kind).MissesNew);

    public void Fetched(string kind, bool notModified) =>
        Interlocked.Increment(ref notModified ? ref Of(kind).NotModified : ref Of(kind).Modified);

    public void Failed(string kind, bool fatal) => Interlocked.Increment(ref fatal ? ref Of(kind).Fatal : ref Of(kind).Failed);

    public void Evicted(string kind, string reason)
    {
        var counters = Of(kind);
        counters.Evictions.AddOrUpdate(reason, 1, static (_, count) => count + 1);
        Interlocked.Decrement(ref counters.Entries);
    }

    public void Added(string kind) => Interlocked.Increment(ref Of(kind).Entries);

    /// <summary>The entries take more together than before, or less.</summary>
    public void Weighed(long more) => Interlocked.Add(ref _bytes, more);

    /// <summary>Counts what a bound of the cache refused.</summary>
    /// <param name="limit">The bound's name in docs/limits.md.</param>
    public void Refused(string limit) => _refused.AddOrUpdate(limit, 1, static (_, count) => count + 1);

    private static KeyValuePair<string, object?> Label(string name, object value) => new(name, value);

    private KindCounters Of(string kind) => _kinds.GetOrAdd(kind, static _ => new KindCounters());

    private IEnumerable<Measurement<long>> Each(Func<KindCounters, long> value) =>
        _kinds.Select(pair => new Measurement<long>(value(pair.Value), Label("kind", pair.Key)));

    private IEnumerable<Measurement<long>> Misses() => _kinds.SelectMany(pair => new[]
    {
        new Measurement<long>(pair.Value.MissesNew, Label("kind", pair.Key), Label("blocking", "false")),
        new Measurement<long>(pair.Value.MissesBlocking, Label("kind", pair.Key), Label("blocking", "true")),
    });

    private IEnumerable<Measurement<long>> Successes() => _kinds.SelectMany(pair => new[]
    {
        new Measurement<long>(pair.Value.Modified, Label("kind", pair.Key), Label("not_modified", "false")),
        new Measurement<long>(pair.Value.NotModified, Label("kind", pair.Key), Label("not_modified", "true")),
    });

    private IEnumerable<Measurement<long>> Failures() => _kinds.SelectMany(pair => new[]
    {
        new Measurement<long>(pair.Value.Failed, Label("kind", pair.Key), Label("fatal", "false")),
        new Measurement<long>(pair.Value.Fatal, Label("kind", pair.Key), Label("fatal", "true")),
    });

    private IEnumerable<Measurement<long>> Evictions() => _kinds.SelectMany(pair => pair.Value.Evictions.Select(eviction =>
        new Measurement<long>(eviction.Value, Label("kind", pair.Key), Label("reason", eviction.Key))));

    private IEnumerable<Measurement<long>> Refusals() => _refused.Select(pair => new Measurement<long>(pair.Value, Label("bound", pair.Key)));

    private sealed class KindCounters
    {
        public readonly ConcurrentDictionary<string, long> Evictions = new(StringComparer.Ordinal);
        public long Entries;
        public long Hits;
        public long MissesNew;
        public long MissesBlocking;
        public long Modified;
        public long NotModified;
        public long Failed;
        public long Fatal;
    }
}
