using System.Globalization;

namespace ConnectAgent.Http.Metrics;

/// <summary>The reference's names of what we measure (agent-cache section 11); what it does not know keeps our name.</summary>
internal static class WireMetrics
{
    private const string Prefix = "consul.";

    /// <summary>The names that a reading goes under, with the labels that stay labels.</summary>
    public static IEnumerable<(string Name, IReadOnlyDictionary<string, string> Labels)> NamesOf(Reading reading)
    {
        var labels = reading.Labels.ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal);
        labels.Remove("kind", out var kind);
        switch (reading.Name)
        {
            case "connect_agent.cache.hits":
                return Twice($"cache.{kind}.hit", labels);
            case "connect_agent.cache.misses":
                labels.Remove("blocking", out var blocking);
                return Twice(blocking == "true" ? $"cache.{kind}.miss_block" : $"cache.{kind}.miss_new", labels);
            case "connect_agent.cache.fetch.successes":
                labels.Remove("not_modified", out var notModified);
                labels["result_not_modified"] = notModified ?? "false";
                return [.. Twice($"cache.{kind}.fetch_success", labels), .. Twice("cache.fetch_success", labels)];
            case "connect_agent.cache.fetch.failures":
                return [.. Twice($"cache.{kind}.fetch_error", labels), .. Twice("cache.fetch_error", labels)];
            case "connect_agent.cache.evictions" when labels.GetValueOrDefault("reason") == "idle":
                return Twice("cache.evict_expired", new Dictionary<string, string>(StringComparer.Ordinal));
            case "connect_agent.cache.entries":
                return Twice("cache.entries_count", labels);
            default:
                if (kind is not null)
                {
                    labels["kind"] = kind;
                }

                return [(Prefix + reading.Name, labels)];
        }
    }

    /// <summary>The JSON form of AG-27.</summary>
    public static MetricsReply ToJson(IReadOnlyList<Reading> now, IntervalReadings interval)
    {
        var gauges = Sum(now.Where(reading => reading.IsGauge)).Select(entry => new GaugeReply(entry.Name, entry.Value, entry.Labels))
            .Append(Gauge("runtime.alloc_bytes", GC.GetTotalMemory(forceFullCollection: false)))
            .Append(Gauge("runtime.sys_bytes", Environment.WorkingSet))
            .Append(Gauge("runtime.num_goroutines", ThreadPool.ThreadCount))
            .Append(Gauge("runtime.total_gc_runs", GC.CollectionCount(0)))
            .OrderBy(gauge => gauge.Name, StringComparer.Ordinal);
        var counters = Sum(interval.Counters).Select(entry => new CounterReply(
            entry.Name, (long)entry.Value, entry.Value / MetricsReader.Interval.TotalSeconds, entry.Value, 1, 1, 1, 0, entry.Labels));
        return new MetricsReply(
            interval.End.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss' +0000 UTC'", CultureInfo.InvariantCulture), [.. gauges], [], [.. counters], []);
    }

    private static GaugeReply Gauge(string name, double value) =>
        new(Prefix + name, value, new Dictionary<string, string>(StringComparer.Ordinal));

    // The reference's own names carry the prefix twice in 1.10 and once later: both are emitted.
    private static (string, IReadOnlyDictionary<string, string>)[] Twice(string name, Dictionary<string, string> labels) =>
        [(Prefix + name, labels), (Prefix + Prefix + name, labels)];

    // Some names leave a label out, so several readings may meet under one.
    private static IEnumerable<(string Name, IReadOnlyDictionary<string, string> Labels, double Value)> Sum(IEnumerable<Reading> readings) =>
        readings.SelectMany(reading => NamesOf(reading).Select(name => (name.Name, name.Labels, reading.Value)))
            .GroupBy(entry => entry.Name + "|" + string.Join(',', entry.Labels.Select(label => $"{label.Key}={label.Value}")), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.First().Name, group.First().Labels, group.Sum(entry => entry.Value)));
}

/// <summary>The metrics of the last complete interval, as <c>/v1/agent/metrics</c> writes them (services AG-27).</summary>
internal sealed record MetricsReply(
    string Timestamp,
    IReadOnlyList<GaugeReply> Gauges,
    IReadOnlyList<string> Points,
    IReadOnlyList<CounterReply> Counters,
    IReadOnlyList<CounterReply> Samples);

internal sealed record GaugeReply(string Name, double Value, IReadOnlyDictionary<string, string> Labels);

internal sealed record CounterReply(
    string Name,
    long Count,
    double Rate,
    double Sum,
    double Min,
    double Max,
    double Mean,
    double Stddev,
    IReadOnlyDictionary<string, string> Labels);
