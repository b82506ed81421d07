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
    private long _away;

    public RemoteTokenMetrics(IMeterFactory meters) => meters.Create(MeterName).CreateObservableCounter(
        "connect_agent.servers.tokens",
        () => new[]
        {
            Of("hit", ref _hits), Of("stale", ref _stale), Of("miss", ref _misses), Of("denied", ref _denied), Of("away", ref _away),
        },
        "{answer}",
        "What tokens of remote servers were answered from: known, known but stale, asked, unknown to the servers, or the down policy.");

    public void Hit() => Interlocked.Increment(ref _hits);

    public void Stale() => Interlocked.Increment(ref _stale);

    public void Missed() => Interlocked.Increment(ref _misses);

    public void Denied() => Interlocked.Increment(ref _denied);

    public void Away() => Interlocked.Increment(ref _away);

    private static Measurement<long> Of(string result, ref long count) =>
        new(Volatile.Read(ref count), new KeyValuePair<string, object?>("result", result));
}
