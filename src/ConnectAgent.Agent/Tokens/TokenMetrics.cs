using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Tokens;

/// <summary>How soon tokens that are gone lose what the cache holds for them (acl ACL-SEC-6, ACL-DEF-11); docs/telemetry.md lists them.</summary>
internal sealed class TokenMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Tokens";

    private long _dropped;
    private double _last;
    private double _longest;

    public TokenMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "connect_agent.acl.revoked_entries",
            () => Volatile.Read(ref _dropped),
            "{entry}",
            "Cache entries dropped because their token went or lost its right.");
        meter.CreateObservableGauge(
            "connect_agent.acl.revocation_window",
            () => new[]
            {
                new Measurement<double>(Volatile.Read(ref _last), new KeyValuePair<string, object?>("of", "last")),
                new Measurement<double>(Volatile.Read(ref _longest), new KeyValuePair<string, object?>("of", "longest")),
            },
            "s",
            "From when a change of rights may have happened until what it takes away was out of the cache.");
    }

    public void Dropped(int entries, TimeSpan window)
    {
        Interlocked.Add(ref _dropped, entries);
        Volatile.Write(ref _last, window.TotalSeconds);
        Volatile.Write(ref _longest, Math.Max(Volatile.Read(ref _longest), window.TotalSeconds));
    }
}
