using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Caching;

#pragma warning disable CA1001 // The sources hold no timer and no handle; disposing them would race with the loop that they end.
/// <summary>
/// One value with its single <see cref="RefreshLoop{TRequest, TValue}"/> (CACHE-12, CACHE-21, CACHE-24). It belongs to one entry, or to all that share it
/// (<see cref="CacheKind{TRequest, TValue}.FedBy"/>), and ends with the last of them.
/// </summary>
/// <param name="request">What is fetched.</param>
/// <param name="key">Of that request.</param>
internal sealed class CacheFeed<TRequest, TValue>(
    CacheKind<TRequest, TValue> kind, TRequest request, CacheKey key, CacheContext context)
    where TRequest : CacheRequest
    where TValue : class
{
    // Thousands of feeds wait for long: what only some of them need, those make that do.

    // A blocking fetch that has not failed for this long has proved the connection alive (CACHE-26).
    private static readonly TimeSpan ProofOfContact = TimeSpan.FromSeconds(31);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _life = new();
    private FetchStatistics _statistics;
    private RefreshPace _pace = new(context.Clock.GetTimestamp());

    private FeedMembers _members;
    private CacheSnapshot<TValue> _snapshot = CacheSnapshot<TValue>.Empty;
    private TaskCompletionSource? _changed;
    private TaskCompletionSource? _wake;
    private Phase _phase = Phase.Idle;
    private bool _stopped;
    private bool _hurried;
    private long _fetchStartedAt;
    private long _watchedFrom;

    private enum Phase
    {
        Idle,
        Fetching,

        // Paced after a failure.
        Sleeping,

        // The value is good until a time of the kind's own; no fetch is in flight.
        Scheduled,
    }

    public bool IsStopped => Volatile.Read(ref _stopped);

    public CacheKind<TRequest, TValue> Kind => kind;

    /// <summary>Of the request that is fetched.</summary>
    public CacheKey Key => key;

    public CacheContext Context => context;

    /// <summary>Ends with the feed.</summary>
    public CancellationToken Life => _life.Token;

    public ref FetchStatistics Statistics => ref _statistics;

    public ref RefreshPace Pace => ref _pace;

    /// <summary>What the kind remembers.</summary>
    public FetchState State { get; } = new();

    public CacheSnapshot<TValue> Current => Volatile.Read(ref _snapshot);

    /// <summary>Completes at the next change. Take it before <see cref="Current"/>, or a change between the two is missed.</summary>
    public Task Changed
    {
        get
        {
            if (Volatile.Read(ref _changed) is { } there)
            {
                return there.Task;
            }

            var signal = NewSignal();
            return (Interlocked.CompareExchange(ref _changed, signal, null) ?? signal).Task;
        }
    }

    public TimeSpan AgeOf(CacheSnapshot<TValue> snapshot)
    {
        if (kind.AgesFromFetch)
        {
            return context.Clock.GetElapsedTime(snapshot.FetchedAt);
        }

        return snapshot.LostContactAt is { } lost && !ContactIsBack() ? context.Clock.GetElapsedTime(lost) : TimeSpan.Zero;
    }

    /// <summary>Whether the value counts as coming from servers that are in contact (CACHE-28); only what is kept fresh can lose it (CACHE-26).</summary>
    public bool IsInContact(CacheSnapshot<TValue> snapshot) => !kind.Refreshes || snapshot.LostContactAt is null || ContactIsBack();

    /// <summary>Whether a fetch is in flight right now.</summary>
    public bool IsFetching
    {
        get
        {
            lock (_gate)
            {
                return _phase == Phase.Fetching;
            }
        }
    }

    /// <summary>Whether the value is good until a time of the kind's own, and no fetch is in flight.</summary>
    public bool IsScheduled
    {
        get
        {
            lock (_gate)
            {
                return _phase == Phase.Scheduled;
            }
        }
    }

    /// <summary>The entries that take their value from here.</summary>
    public CacheEntry[] Members()
    {
        lock (_gate)
        {
            return _members.ToArray();
        }
    }

    /// <summary>Completes when a reader needs a fetch that waits out its back-off.</summary>
    public Task Wake
    {
        get
        {
            lock (_gate)
            {
                return _wake!.Task;
            }
        }
    }

    /// <summary>A reader blocks on the value it saw from now on (LEAF-55).</summary>
    public void Watch(long seen)
    {
        lock (_gate)
        {
            if (_snapshot.Version == seen && !IsWatched())
            {
                Volatile.Write(ref _watchedFrom, context.Clock.GetTimestamp());
            }
        }
    }

    /// <summary>Whether a reader's wait counts as in flight: 10 min from its start or until it brought a new value (LEAF-55).</summary>
    public bool IsWatched()
    {
        var from = Volatile.Read(ref _watchedFrom);
        return from != 0 && context.Clock.GetElapsedTime(from) < kind.FetchWait;
    }

    /// <summary>Makes sure that a fetch runs now, unless the entry changed since the reader looked (CACHE-13).</summary>
    /// <param name="seen">The version that did not satisfy the reader.</param>
    /// <param name="hurry">Whether a fetch that is holding shall look at once.</param>
    public void EnsureFetch(long seen, bool hurry)
    {
        lock (_gate)
        {
            if (_stopped || _snapshot.Version != seen)
            {
                return;
            }

            if (hurry && !_hurried)
            {
                _hurried = true;
                State.Hurry();
            }

            if (_phase == Phase.Idle)
            {
                _phase = Phase.Fetching;
                ThreadPool.UnsafeQueueUserWorkItem(new RefreshLoop<TRequest, TValue>(this), preferLocal: true);
            }
            else
            {
                _wake?.TrySetResult();
            }
        }
    }

    /// <summary>An entry takes its value from here; one that comes too late is stopped from its start.</summary>
    public void Attach(CacheEntry entry)
    {
        lock (_gate)
        {
            _members.Add(entry);
        }
    }

    /// <summary>An entry went. The last one ends the refresh; a fetch that is still running cannot bring it back (CACHE-32).</summary>
    public void Detach(CacheEntry entry)
    {
        bool ends;
        lock (_gate)
        {
            _members.Remove(entry);
            ends = _members.IsEmpty && !_stopped;
            if (ends)
            {
                _stopped = true;
                _ = _life.CancelAsync();
            }
        }

        if (ends)
        {
            context.Ended(key, this);
        }

        // Who waits on the entry looks again, and starts over.
        Pulse();
    }

    /// <summary>Wakes all waiters so that they look again.</summary>
    public void Pulse() => Interlocked.Exchange(ref _changed, null)?.TrySetResult();

    /// <summary>Takes a value from the sealed file, unless a fetch was quicker; its refresh starts over (CACHE-34).</summary>
    public void Restore(TValue value, RestoredOrigin origin)
    {
        lock (_gate)
        {
            if (_snapshot.Value is null && !_stopped)
            {
                var now = context.Clock.GetTimestamp();
                var fetchedAt = now - context.Clock.TicksOf(origin.Age);
                _snapshot = _snapshot.Succeeded(new ServerRead<TValue>(value, origin.Index), fetchedAt) with { LostContactAt = fetchedAt, IsRestored = true };
            }
        }

        EnsureFetch(Current.Version, hurry: false);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends with an error: who waits gets it, and the next reader starts over.</summary>
    public void Break(Exception error)
    {
        CacheEntry[] members;
        lock (_gate)
        {
            _snapshot = _snapshot.Failed(FetchOutcome<TValue>.Bug(error), context.Clock.GetTimestamp(), contactWasBack: false);
            (_phase, _stopped) = (Phase.Idle, true);
            members = _members.ToArray();
        }

        try
        {
            context.Ended(key, this);
            Array.ForEach(members, context.Drop);
        }
        finally
        {
            Pulse();
        }
    }

    /// <summary>No fetch is due as long as the kind says so.</summary>
    /// <returns>What is held; null when there is no value yet.</returns>
    public FetchContext<TRequest, TValue>? Schedule()
    {
        lock (_gate)
        {
            if (_snapshot.Value is null)
            {
                return null;
            }

            Enter(Phase.Scheduled);
            return new(request, _snapshot.Value, _snapshot.Index, State);
        }
    }

    /// <summary>A fetch begins.</summary>
    /// <param name="afterOutage">Whether attempts have been paced.</param>
    /// <returns>What it starts from.</returns>
    public FetchContext<TRequest, TValue> Begin(bool afterOutage)
    {
        lock (_gate)
        {
            Enter(Phase.Fetching);

            // What is restored has an index of another life of the server: only a leaf, which is not read by index, goes on from it. After an
            // outage the first answer shall come at once, not at the next change: it tells that the servers are back. After any failure the
            // servers may be in another life, which would hold the read at an index of the one before.
            // And who does not block is answered at once, whatever is held (CACHE-15).
            var startsOver = (_snapshot.IsRestored || afterOutage || _snapshot.Error is not null) && !kind.Revalidates;
            var index = startsOver || !kind.Blocks ? 0 : _snapshot.Index;
            Volatile.Write(ref _fetchStartedAt, index > 0 ? context.Clock.GetTimestamp() : 0);
            return new(request, _snapshot.Value, index, State);
        }
    }

    /// <summary>Stores what a fetch brought.</summary>
    /// <returns>False when the loop ends.</returns>
    public bool Apply(FetchOutcome<TValue> outcome)
    {
        bool goesOn, drops, isNews, isLost;
        CacheEntry[] members;
        lock (_gate)
        {
            if (_stopped)
            {
                return false;
            }

            var before = _snapshot;
            var now = context.Clock.GetTimestamp();

            // Nothing changed and nobody asked: no new snapshot, and nobody is woken to look at it.
            isNews = outcome.Read is not null || !outcome.IsGood || _hurried || !kind.Refreshes || !before.IsConfirmed;
            if (isNews)
            {
                _snapshot = outcome.Error is null
                    ? before.Succeeded(outcome.Read, now)
                    : before.Failed(outcome.Error, now, ContactIsBack());
            }

            Volatile.Write(ref _fetchStartedAt, 0);
            if (outcome.Read is not null)
            {
                Volatile.Write(ref _watchedFrom, 0);
            }

            _hurried = false;

            // A failed first fetch leaves nothing behind (CACHE-30), and an unknown token needs no refresh (CACHE-25).
            drops = outcome.Error is { } error
                && (outcome.EndsRefresh || outcome.IsSuperseded || (before.Value is null && (error.IsFinal || before.Version <= 1 || !kind.Refreshes)));
            isLost = before.Value is not null && _snapshot.Value is null;
            goesOn = !drops && kind.Refreshes && !context.IsClosing();
            _phase = !goesOn ? Phase.Idle : kind.IsScheduled && outcome.IsGood ? Phase.Scheduled : Phase.Sleeping;
            _wake = goesOn ? NewSignal() : null;
            _stopped = drops;
            members = _members.ToArray();
        }

        if (drops)
        {
            context.Ended(key, this);
            Array.ForEach(members, context.Drop);
        }

        // Before anybody is told: what a reader has seen, an orderly stop shall seal.
        if (outcome.Read is not null || isLost)
        {
            Array.ForEach(members, context.Settled);
            Array.ForEach(members, context.Stored);
        }

        if (isLost)
        {
            Array.ForEach(members, member => context.Weigh(member, 0));
        }

        if (isNews)
        {
            Pulse();
        }

        context.Changed();

        return goesOn;
    }

    // Under the gate. Nobody hurries what begins, but who came between.
    private void Enter(Phase phase)
    {
        (_phase, _wake) = (phase, null);
        if (!_hurried)
        {
            State.Calm();
        }
    }

    private bool ContactIsBack()
    {
        var started = Volatile.Read(ref _fetchStartedAt);
        return started != 0 && context.Clock.GetElapsedTime(started) >= ProofOfContact;
    }
}
