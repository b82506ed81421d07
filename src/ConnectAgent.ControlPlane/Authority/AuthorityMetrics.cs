using System.Diagnostics.Metrics;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The CA in numbers; docs/telemetry.md lists them. Read only when somebody asks.</summary>
internal sealed class AuthorityMetrics
{
    public const string MeterName = "ConnectAgent.ControlPlane.Authority";

    private readonly StateStore _store;
    private readonly TimeProvider _clock;
    private long _signed;
    private long _limited;
    private long _failed;
    private long _rotations;
    private long _pruned;
    private Life? _intermediate;

    public AuthorityMetrics(IMeterFactory meters, StateStore store, TimeProvider clock)
    {
        (_store, _clock) = (store, clock);
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("connect_agent.ca.signed", () => Volatile.Read(ref _signed), "{certificate}", "Leaves signed.");
        meter.CreateObservableCounter("connect_agent.ca.limited", () => Volatile.Read(ref _limited), "{request}", "Signings refused by the signing limits.");
        meter.CreateObservableCounter("connect_agent.ca.failed", () => Volatile.Read(ref _failed), "{request}", "Signings that the provider failed.");
        meter.CreateObservableCounter("connect_agent.ca.rotations", () => Volatile.Read(ref _rotations), "{rotation}", "Changes of the active root.");
        meter.CreateObservableCounter("connect_agent.ca.pruned", () => Volatile.Read(ref _pruned), "{root}", "Old roots dropped.");
        meter.CreateObservableGauge("connect_agent.ca.roots", Roots, "{root}", "Roots listed.");
        meter.CreateObservableGauge("connect_agent.ca.life_used", LifeUsed, "%", "Share of a CA certificate's life that has passed.");
        meter.CreateObservableGauge("connect_agent.ca.expires_in", ExpiresIn, "s", "Time until a CA certificate expires.");
    }

    public void Signed() => Interlocked.Increment(ref _signed);

    public void Limited() => Interlocked.Increment(ref _limited);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void Rotated() => Interlocked.Increment(ref _rotations);

    public void Pruned(int count) => Interlocked.Add(ref _pruned, count);

    /// <summary>Notes the leaf-signing intermediate, where there is one.</summary>
    public void Intermediate((DateTimeOffset NotBefore, DateTimeOffset NotAfter)? life) =>
        Volatile.Write(ref _intermediate, life is { } known ? new Life(known.NotBefore, known.NotAfter) : null);

    private AuthorityRoots? Current() => _store.Current.Find(AuthorityTables.Roots, StateTable.OnlyKey);

    private long Roots() => Current()?.Entries.Length ?? 0;

    private IEnumerable<Measurement<double>> LifeUsed() => Each((notBefore, notAfter, now) => 100 * ((now - notBefore) / (notAfter - notBefore)));

    private IEnumerable<Measurement<double>> ExpiresIn() => Each((_, notAfter, now) => (notAfter - now).TotalSeconds);

    private IEnumerable<Measurement<double>> Each(Func<DateTimeOffset, DateTimeOffset, DateTimeOffset, double> value)
    {
        var now = _clock.GetUtcNow();
        if (Current()?.FindActive() is { } active)
        {
            yield return new Measurement<double>(
                value(active.Root.NotBefore, active.Root.NotAfter, now), new KeyValuePair<string, object?>("certificate", "root"));
        }

        if (Volatile.Read(ref _intermediate) is { } intermediate)
        {
            yield return new Measurement<double>(
                value(intermediate.NotBefore, intermediate.NotAfter, now), new KeyValuePair<string, object?>("certificate", "intermediate"));
        }
    }

    private sealed record Life(DateTimeOffset NotBefore, DateTimeOffset NotAfter);
}
