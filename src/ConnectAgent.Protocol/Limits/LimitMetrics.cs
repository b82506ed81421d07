using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConnectAgent.Protocol.Limits;

/// <summary>Counts what each bound refused; docs/limits.md lists the bounds.</summary>
public sealed class LimitMetrics
{
    public const string MeterName = "ConnectAgent.Limits";

    private readonly ConcurrentDictionary<string, long> _refused = new(StringComparer.Ordinal);

    public LimitMetrics(IMeterFactory meters)
    {
        meters.Create(MeterName).CreateObservableCounter(
            "connect_agent.limits.refused", Refusals, "{refusal}", "What was refused because it was beyond a bound.");
    }

    /// <summary>Counts a refusal.</summary>
    /// <param name="limit">The name of its <see cref="LimitAttribute"/>, never what a caller wrote.</param>
    public void Refused(string limit) => _refused.AddOrUpdate(limit, 1, static (_, count) => count + 1);

    private IEnumerable<Measurement<long>> Refusals() =>
        _refused.Select(pair => new Measurement<long>(pair.Value, new KeyValuePair<string, object?>("limit", pair.Key)));
}
