using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Agent.Leaves;

/// <summary>
/// What a leaf that is held sleeps on: completes at its renewal instant, at a change of the roots or of the contact, when a reader is in a hurry, and
/// at the end of the entry, whichever comes first. Thousands sleep, so it is one object that all of these know.
/// </summary>
internal sealed class LeafAlarm : TaskCompletionSource, IDisposable
{
    private readonly FetchState _state;
    private readonly RootsWatch _roots;
    private readonly string _datacenter;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _end;

    public LeafAlarm(
        FetchState state, RootsWatch roots, string datacenter, CacheAnswer<CaRoots> seen, TimeSpan pause, TimeProvider clock, CancellationToken end)
        : base(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        (_state, _roots, _datacenter) = (state, roots, datacenter);

        // A delay is cut to whole milliseconds: rounded down to none it would spin until the instant has come.
        var whole = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(pause.TotalMilliseconds)));
        _timer = clock.CreateTimer(static alarm => ((LeafAlarm)alarm!).TrySetResult(), this, whole, Timeout.InfiniteTimeSpan);
        _end = end.UnsafeRegister(static alarm => ((LeafAlarm)alarm!).TrySetResult(), this);
        roots.Join(datacenter, seen, this);
        state.SleepOn(this);
    }

    public void Dispose()
    {
        _state.SleepOn(null);
        _roots.Leave(_datacenter, this);
        _end.Dispose();
        _timer.Dispose();
    }
}
