using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Caching;

/// <summary>The cache's own numbers; docs/telemetry.md lists them.</summary>
internal sealed class CacheMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Caching";

    private readonly Counter<long> _hits;
    private readonly Counter<long> _misses;
    private readonly Counter<long> _successes;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _expired;
    private readonly Counter<long> _refused;
    private readonly UpDownCounter<long> _entries;

    public CacheMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _hits = meter.CreateCounter<long>("connect_agent.cache.hits", "{read}", "Reads that the first look satisfied.");
        _misses = meter.CreateCounter<long>("connect_agent.cache.misses", "{read}", "Reads that had to wait or to look again.");
        _successes = meter.CreateCounter<long>("connect_agent.cache.fetch.successes", "{fetch}", "Fetches that answered.");
        _failures = meter.CreateCounter<long>("connect_agent.cache.fetch.failures", "{fetch}", "Fetches that failed.");
        _expired = meter.CreateCounter<long>("connect_agent.cache.evictions", "{entry}", "Entries that went, by reason.");
        _refused = meter.CreateCounter<long>("connect_agent.cache.refusals", "{read}", "New entries refused because a bound was reached.");
        _entries = meter.CreateUpDownCounter<long>("connect_agent.cache.entries", "{entry}", "Entries held.");
    }

    public void Hit(string kind) => _hits.Add(1, Label(kind));

    public void Missed(string kind, bool blocking) =>
        _misses.Add(1, Label(kind), new KeyValuePair<string, object?>("blocking", blocking));

    public void Fetched(string kind, bool notModified) =>
        _successes.Add(1, Label(kind), new KeyValuePair<string, object?>("not_modified", notModified));

    public void Failed(string kind, bool fatal) => _failures.Add(1, Label(kind), new KeyValuePair<string, object?>("fatal", fatal));

    public void Evicted(string kind, string reason)
    {
        _expired.Add(1, Label(kind), new KeyValuePair<string, object?>("reason", reason));
        _entries.Add(-1, Label(kind));
    }

    public void Added(string kind) => _entries.Add(1, Label(kind));

    public void Refused(string bound) => _refused.Add(1, new KeyValuePair<string, object?>("bound", bound));

    private static KeyValuePair<string, object?> Label(string kind) => new("kind", kind);
}
