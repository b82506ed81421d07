using System.Diagnostics.Metrics;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>How tokens of remote servers are resolved (acl ACL-DEF-11); docs/telemetry.md lists them.</summary>
internal sealed class RemoteTokenMetrics
{
    public const string MeterName = "ConnectAgent.Agent.Servers.Tokens";

    private long _hits;
    private long _stale;
    private long _misses;
    private long _denied;
    private long _unreachable;
    private long _open;
    private long _openings;
    private long _openUntil = long.MinValue;

    public RemoteTokenMetrics(IMeterFactory meters, TimeProvider clock)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter(
            "connect_agent.servers.tokens",
            () => new[]
            {
                Of("hit", ref _hits), Of("stale", ref _stale), Of("miss", ref _misses), Of("denied", ref _denied), Of("unreachable", ref _unreachable),
                Of("open", ref _open),
            },
            "{answer}",
            "What tokens of remote servers were answered from: known, known but stale, asked, unknown to the servers, the down policy, or ACLs that the servers have off.");
        meter.CreateObservableCounter(
            "connect_agent.servers.acl_openings",
            () => Volatile.Read(ref _openings),
            "{opening}",
            "How often servers that said that ACLs are disabled opened the agent.");
        meter.CreateObservableGauge(
            "connect_agent.servers.acls_open", () => clock.GetTimestamp() < Volatile.Read(ref _openUntil) ? 1L : 0L, "{agent}", "1 while the servers' word keeps the agent open.");
    }

    public void Hit() => Interlocked.Increment(ref _hits);

    public void Stale() => Interlocked.Increment(ref _stale);

    public void Missed() => Interlocked.Increment(ref _misses);

    public void Denied() => Interlocked.Increment(ref _denied);

    public void Unreachable() => Interlocked.Increment(ref _unreachable);

    public void Open() => Interlocked.Increment(ref _open);

    /// <summary>The servers said that they have no ACLs.</summary>
    /// <param name="until">A timestamp of the clock: how long that counts.</param>
    /// <param name="isNews">Whether it did not count already.</param>
    public void Opened(long until, bool isNews)
    {
        Volatile.Write(ref _openUntil, until);
        Interlocked.Add(ref _openings, isNews ? 1 : 0);
    }

    private static Measurement<long> Of(string result, ref long count) =>
        new(Volatile.Read(ref count), new KeyValuePair<string, object?>("result", result));
}
