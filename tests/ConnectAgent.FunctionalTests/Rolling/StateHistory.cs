namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>
/// What one thing was, one generation after the other, with the times between which nobody but the server knows: a state may be seen from the moment
/// its write was begun, and must be from the moment it was answered. A write whose answer was lost stays open until the server tells what became of it.
/// </summary>
internal sealed class StateHistory
{
    private readonly Lock _gate = new();
    private readonly List<State> _states = [];

    /// <summary>The newest that is known to be written; -1 before the first.</summary>
    public int Newest
    {
        get
        {
            lock (_gate)
            {
                return _states.FindLastIndex(static state => state.Committed is not null);
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _states.Count;
            }
        }
    }

    /// <summary>A write is about to be sent.</summary>
    /// <returns>Its generation.</returns>
    public int Begin(TimeSpan now)
    {
        lock (_gate)
        {
            _states.Add(new State(now));
            return _states.Count - 1;
        }
    }

    /// <summary>It is known that a generation was written; of those before it the open ones never were, because writes compare an index first.</summary>
    public void Commit(int generation, TimeSpan now)
    {
        lock (_gate)
        {
            _states[generation].Committed ??= now;
            foreach (var other in _states.Take(generation).Where(static state => state.Committed is null))
            {
                other.IsVoid = true;
            }
        }
    }

    /// <summary>It is known that a generation was not written and never will be.</summary>
    public void Void(int generation)
    {
        lock (_gate)
        {
            _states[generation].IsVoid = true;
        }
    }

    /// <summary>The newest state that every answer had to know of at a time; 0 when there was none.</summary>
    public int OldestAllowed(TimeSpan at)
    {
        lock (_gate)
        {
            return Math.Max(0, _states.FindLastIndex(state => state.Committed <= at));
        }
    }

    /// <summary>The newest state that an answer may have known of at a time.</summary>
    public int NewestPossible(TimeSpan at)
    {
        lock (_gate)
        {
            return _states.FindLastIndex(state => state.Begun <= at);
        }
    }

    public bool Ever(int generation)
    {
        lock (_gate)
        {
            return generation >= 0 && generation < _states.Count && !_states[generation].IsVoid;
        }
    }

    /// <summary>When the first write after a generation was answered; null while there is none.</summary>
    public TimeSpan? SupersededAt(int generation)
    {
        lock (_gate)
        {
            return _states.Skip(generation + 1).FirstOrDefault(static state => state.Committed is not null)?.Committed;
        }
    }

    /// <summary>When a generation was known to be written.</summary>
    public TimeSpan? CommittedAt(int generation)
    {
        lock (_gate)
        {
            return _states[generation].Committed;
        }
    }

    private sealed class State(TimeSpan begun)
    {
        public TimeSpan Begun => begun;

        public TimeSpan? Committed { get; set; }

        public bool IsVoid { get; set; }
    }
}
