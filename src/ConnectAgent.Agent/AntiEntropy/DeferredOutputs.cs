using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>The checks whose output alone has changed, until it is written (services CHK-9). One timer for all.</summary>
internal sealed class DeferredOutputs : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly Action<IReadOnlyList<string>> _due;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _isDue = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, long> _queue = new();

    /// <summary>Starts with none.</summary>
    /// <param name="due">Told of those whose time has come.</param>
    public DeferredOutputs(TimeProvider clock, Action<IReadOnlyList<string>> due)
    {
        (_clock, _due) = (clock, due);
        _timer = clock.CreateTimer(static self => ((DeferredOutputs)self!).Take(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Defers one, unless it is deferred already.</summary>
    public void Add(string checkId, TimeSpan after)
    {
        lock (_gate)
        {
            if (_isDue.TryAdd(checkId, false))
            {
                _queue.Enqueue(checkId, _clock.GetTimestamp() + _clock.TicksOf(after));
                Arm();
            }
        }
    }

    /// <summary>Whether its time has come.</summary>
    public bool IsDue(string checkId)
    {
        lock (_gate)
        {
            return _isDue.GetValueOrDefault(checkId);
        }
    }

    /// <summary>It was written, or there is nothing to write any more.</summary>
    public void Done(string checkId)
    {
        lock (_gate)
        {
            // One whose time has not come goes on waiting: the next output waits for the rest of it.
            if (_isDue.GetValueOrDefault(checkId))
            {
                _isDue.Remove(checkId);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Take()
    {
        List<string> due = [];
        lock (_gate)
        {
            var now = _clock.GetTimestamp();
            while (_queue.TryPeek(out var id, out var at) && at <= now)
            {
                _queue.Dequeue();
                _isDue[id] = true;
                due.Add(id);
            }

            Arm();
        }

        _due(due);
    }

    private void Arm()
    {
        if (_queue.TryPeek(out _, out var at))
        {
            var left = _clock.GetElapsedTime(_clock.GetTimestamp(), at);
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
