namespace ConnectAgent.Testing;

/// <summary>A clock that moves only when told to; timers fire on the caller's thread, in order of their time.</summary>
/// <param name="start">What it shows at first; null: 2026-01-01.</param>
public sealed class ManualTimeProvider(DateTimeOffset? start = null) : TimeProvider
{
    private readonly Lock _gate = new();

    // The armed ones, first due first and among equals in order of their making: thousands of loops sleep here in a soak.
    private readonly SortedSet<ManualTimer> _armed = new(Comparer<ManualTimer>.Create(
        static (a, b) => a.DueAt.CompareTo(b.DueAt) is not 0 and var byTime ? byTime : a.Number.CompareTo(b.Number)));

    private TaskCompletionSource? _signal;
    private int _signalFrom = int.MaxValue;
    private long _made;
    private TimeSpan _step;
    private DateTimeOffset _now = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Ticks, as those of a <see cref="TimeSpan"/>.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers are waiting to fire.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _armed.Count;
            }
        }
    }

    /// <summary>The wall clock.</summary>
    /// <returns>What it shows.</returns>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now + _step;
        }
    }

    /// <summary>What no setting of the wall clock changes.</summary>
    /// <returns>Ticks.</returns>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _now.UtcTicks;
        }
    }

    /// <summary>Sets the wall clock, as an operator does: no timer fires for it, and no timestamp tells of it.</summary>
    /// <param name="by">How far; it may be back.</param>
    public void SetWallClock(TimeSpan by)
    {
        lock (_gate)
        {
            _step += by;
        }
    }

    /// <summary>Makes a timer that fires when the clock is moved so far.</summary>
    /// <param name="callback">Runs on the thread that moves the clock.</param>
    /// <param name="state">Its argument.</param>
    /// <param name="dueTime">When it fires first; infinite: not yet.</param>
    /// <param name="period">Between two times; infinite: it fires once.</param>
    /// <returns>The timer.</returns>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state, Interlocked.Increment(ref _made));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock, firing on the way what falls due.</summary>
    /// <param name="by">How far.</param>
    public void Advance(TimeSpan by)
    {
        var target = new DateTimeOffset(GetTimestamp(), TimeSpan.Zero) + by;
        while (TakeDue(target) is { } due)
        {
            due.Fire();
        }

        lock (_gate)
        {
            _now = target;
        }
    }

    /// <summary>Moves the clock to the next timer and fires it; when none falls due up to the limit, moves it there.</summary>
    /// <param name="limit">What the clock shows then at most.</param>
    /// <returns>Whether a timer fired.</returns>
    public bool AdvanceToNext(DateTimeOffset limit)
    {
        if (TakeDue(limit) is { } due)
        {
            due.Fire();
            return true;
        }

        lock (_gate)
        {
            _now = limit;
        }

        return false;
    }

    /// <summary>Waits until a timer with such a delay is armed: the moment at which a loop has gone to sleep.</summary>
    /// <param name="delay">Tells whether a time from now is meant.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Completes then.</returns>
    /// <exception cref="TimeoutException">20 seconds of the system have passed; the message says what is armed.</exception>
    public Task ArmedAsync(Func<TimeSpan, bool> delay, CancellationToken cancellationToken = default) =>
        ArmedAsync(1, delay, cancellationToken);

    /// <summary>Waits until so many timers are armed, whatever their delays: the moment at which so many loops have gone to sleep.</summary>
    /// <param name="count">How many.</param>
    /// <inheritdoc cref="ArmedAsync(Func{TimeSpan, bool}, CancellationToken)"/>
    public Task ArmedAsync(int count, CancellationToken cancellationToken = default) =>
        TryWait(count, null, out _) ? Task.CompletedTask : WaitAsync(count, null, cancellationToken);

    /// <summary>Waits until so many timers with such a delay are armed.</summary>
    /// <param name="count">How many.</param>
    /// <inheritdoc cref="ArmedAsync(Func{TimeSpan, bool}, CancellationToken)"/>
    public Task ArmedAsync(int count, Func<TimeSpan, bool> delay, CancellationToken cancellationToken = default) =>
        TryWait(count, delay, out _) ? Task.CompletedTask : WaitAsync(count, delay, cancellationToken);

    private async Task WaitAsync(int count, Func<TimeSpan, bool>? delay, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!TryWait(count, delay, out var armed))
        {
            try
            {
                await armed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"{count} such timers are not armed at {GetUtcNow():O}, but: {Delays()}", error);
            }
        }
    }

    private string Delays()
    {
        lock (_gate)
        {
            return string.Join(", ", _armed.Take(20).Select(timer => timer.DueAt - _now));
        }
    }

    private bool TryWait(int count, Func<TimeSpan, bool>? delay, out Task armed)
    {
        lock (_gate)
        {
            armed = Task.CompletedTask;
            if (_armed.Count >= count && (delay is null || _armed.Count(timer => delay(timer.DueAt - _now)) >= count))
            {
                return true;
            }

            _signal ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _signalFrom = Math.Min(_signalFrom, count);
            armed = _signal.Task;
            return false;
        }
    }

    private ManualTimer? TakeDue(DateTimeOffset until)
    {
        lock (_gate)
        {
            if (_armed.Min is not { } due || due.DueAt > until)
            {
                return null;
            }

            _now = due.DueAt > _now ? due.DueAt : _now;
            _armed.Remove(due);
            if (due.Period > TimeSpan.Zero)
            {
                due.DueAt += due.Period;
                _armed.Add(due);
            }

            return due;
        }
    }

    private void Arm(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        TaskCompletionSource? signal = null;
        lock (_gate)
        {
            _armed.Remove(timer);
            if (timer.IsDisposed || dueTime == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            timer.Period = period;
            timer.DueAt = _now + dueTime;
            _armed.Add(timer);
            if (_armed.Count >= _signalFrom)
            {
                (signal, _signal, _signalFrom) = (_signal, null, int.MaxValue);
            }
        }

        signal?.TrySetResult();
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state, long number) : ITimer
    {
        public long Number { get; } = number;

        // Only changed under the clock's lock, and only while the timer is not among the armed.
        public DateTimeOffset DueAt { get; set; }

        public TimeSpan Period { get; set; }

        public bool IsDisposed { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Arm(this, dueTime, period);
            return !IsDisposed;
        }

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (clock._gate)
            {
                IsDisposed = true;
                clock._armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
