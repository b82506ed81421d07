using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Agent.Checks.Scheduling;

/// <summary>
/// One timer for all that falls due. Times are rounded up to a step, so that thousands of checks wake the process some fifty times a second and not
/// thousands of times.
/// </summary>
internal sealed class DueTimer : IDisposable
{
    /// <summary>What times are rounded up to.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    // A time to live may be 292 years, the most that a duration says; added to the clock's timestamp it would overflow, and the timer stand still.
    private static readonly TimeSpan Farthest = TimeSpan.FromDays(36_500);

    private readonly Lock _gate = new();
    private readonly DueQueue _queue = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private readonly long _start;
    private readonly long _step;
    private long _armedFor = long.MaxValue;
    private bool _isDisposed;

    public DueTimer(TimeProvider clock)
    {
        _clock = clock;
        _start = clock.GetTimestamp();
        _step = clock.TicksOf(Step);
        _timer = clock.CreateTimer(static timer => ((DueTimer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many items wait for their time.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Has an item fall due after a time, in place of any earlier time of it.</summary>
    public void Set(DueItem item, TimeSpan delay)
    {
        var due = _clock.GetTimestamp() - _start + _clock.TicksOf(delay < TimeSpan.Zero ? TimeSpan.Zero : delay < Farthest ? delay : Farthest);
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _queue.Put(item, _start + ((due + _step - 1) / _step * _step));
            Arm();
        }
    }

    /// <summary>An item will not fall due.</summary>
    public void Remove(DueItem item)
    {
        lock (_gate)
        {
            _queue.Remove(item);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer.Dispose();
        }
    }

    private void Fire()
    {
        lock (_gate)
        {
            _armedFor = long.MaxValue;
        }

        while (TakeDue() is { } due)
        {
            due.Due();
        }
    }

    private DueItem? TakeDue()
    {
        lock (_gate)
        {
            if (_isDisposed || _queue.First is not { } first)
            {
                return null;
            }

            if (first.DueAt > _clock.GetTimestamp())
            {
                Arm();
                return null;
            }

            _queue.Remove(first);
            return first;
        }
    }

    // A timer that is armed for an earlier time than it need be finds nothing due, and is armed again.
    private void Arm()
    {
        if (_queue.First is { } first && first.DueAt < _armedFor)
        {
            _armedFor = first.DueAt;

            // Cut to whole milliseconds it would fire before the time has come.
            var left = Math.Ceiling((first.DueAt - _clock.GetTimestamp()) * 1000.0 / _clock.TimestampFrequency);
            _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(left, 0, int.MaxValue)), Timeout.InfiniteTimeSpan);
        }
    }
}
