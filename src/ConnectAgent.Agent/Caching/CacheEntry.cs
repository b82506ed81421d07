using ConnectAgent.Agent.Persistence;
using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Caching;

/// <summary>An entry as the store sees it.</summary>
internal abstract class CacheEntry(CacheKey key)
{
    private int _waiters;
    private long _lastReadAt;

    public CacheKey Key { get; } = key;

    public int Waiters => Volatile.Read(ref _waiters);

    /// <summary>A timestamp of the clock; orders entries by their last read.</summary>
    public long LastReadAt
    {
        get => Volatile.Read(ref _lastReadAt);
        set => Volatile.Write(ref _lastReadAt, value);
    }

    public EntryStatistics Statistics { get; } = new();

    public abstract bool IsStopped { get; }

    /// <summary>Whether anybody can have it made, without any right: the first to go when room is needed.</summary>
    public bool IsCheap { get; init; }

    /// <summary>Whether it counts against its token's bound.</summary>
    public bool CountsForToken { get; init; } = true;

    public void Park() => Interlocked.Increment(ref _waiters);

    public void Unpark() => Interlocked.Decrement(ref _waiters);

    /// <summary>Ends the refresh and wakes whoever waits; a fetch that is still running cannot bring the entry back (CACHE-32).</summary>
    public abstract void Stop();

    /// <summary>Wakes all waiters so that they look again.</summary>
    public abstract void Pulse();

    /// <summary>For the inspection view; touches nothing.</summary>
    public abstract EntryFacts Facts();

    /// <summary>For sealing: request, value (null without one), index, and the age of the value.</summary>
    public abstract (object Request, object? Value, ulong Index, TimeSpan Age) Content();
}

#pragma warning disable CA1001 // The sources hold no timer and no handle; disposing them would race with the loop that they end.
/// <summary>One cached value with its single refresh loop (CACHE-12, CACHE-21, CACHE-24).</summary>
internal sealed class CacheEntry<TRequest, TValue>(
    CacheKind<TRequest, TValue> kind, TRequest request, CacheKey key, CacheContext context) : CacheEntry(key)
    where TRequest : CacheRequest
    where TValue : class
{
    // A blocking fetch that has not failed for this long has proved the connection alive (CACHE-26).
    private static readonly TimeSpan ProofOfContact = TimeSpan.FromSeconds(31);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _life = new();
    private readonly FetchState _state = new();
    private readonly RefreshPace _pace = new(context.Clock);
    private CacheSnapshot<TValue> _snapshot = CacheSnapshot<TValue>.Empty;
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource? _wake;
    private CancellationTokenSource _hurry = new();
    private Phase _phase = Phase.Idle;
    private bool _stopped;
    private bool _hurried;
    private long _fetchStartedAt;
    private long _watchedFrom;

    private enum Phase
    {
        Idle,
        Fetching,
        Sleeping,
    }

    public override bool IsStopped => Volatile.Read(ref _stopped);

    public CacheSnapshot<TValue> Current => Volatile.Read(ref _snapshot);

    /// <summary>Completes at the next change. Take it before <see cref="Current"/>, or a change between the two is missed.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public TimeSpan AgeOf(CacheSnapshot<TValue> snapshot)
    {
        if (kind.AgesFromFetch)
        {
            return context.Clock.GetElapsedTime(snapshot.FetchedAt);
        }

        return snapshot.LostContactAt is { } lost && !ContactIsBack() ? context.Clock.GetElapsedTime(lost) : TimeSpan.Zero;
    }

    /// <summary>Whether the value counts as coming from servers that are in contact (CACHE-28).</summary>
    public bool IsInContact(CacheSnapshot<TValue> snapshot) => snapshot.LostContactAt is null || ContactIsBack();

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
                // Asynchronously: what waits on it must not run on this thread, under this lock.
                _hurried = true;
                _ = _hurry.CancelAsync();
            }

            if (_phase == Phase.Idle)
            {
                // The loop belongs to the entry, not to this caller (CACHE-12): it takes neither its cancellation nor its context along.
                _phase = Phase.Fetching;
                using (ExecutionContext.SuppressFlow())
                {
                    _ = Task.Run(RefreshAsync, CancellationToken.None);
                }
            }
            else
            {
                _wake?.TrySetResult();
            }
        }
    }

    public override void Stop()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            _ = _life.CancelAsync();
        }

        Pulse();
    }

    public override void Pulse() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    public override EntryFacts Facts()
    {
        var snapshot = Current;
        var state = snapshot switch
        {
            { Error: not null } => "failing",
            { Value: null } => "refreshing",
            { IsRestored: true } => "restored",
            _ => "fresh",
        };
        return new EntryFacts(
            state,
            snapshot.Index,
            snapshot.Value is null ? TimeSpan.Zero : AgeOf(snapshot),
            snapshot.Error?.Message,
            snapshot.Value is null ? 0 : kind.SizeOf(snapshot.Value),
            snapshot.Value is null ? null : kind.DescribeLeaf(snapshot.Value, _state));
    }

    public override (object Request, object? Value, ulong Index, TimeSpan Age) Content()
    {
        var snapshot = Current;
        return (request, snapshot.Value, snapshot.Index, snapshot.Value is null ? TimeSpan.Zero : AgeOf(snapshot));
    }

    /// <summary>Takes a value from the sealed file, unless a fetch was quicker; its refresh starts over (CACHE-34).</summary>
    public void Restore(TValue value, RestoredOrigin origin)
    {
        lock (_gate)
        {
            if (_snapshot.Value is null && !_stopped)
            {
                var now = context.Clock.GetTimestamp();
                var fetchedAt = now - (long)(origin.Age.TotalSeconds * context.Clock.TimestampFrequency);
                LastReadAt = now - (long)(origin.Idle.TotalSeconds * context.Clock.TimestampFrequency);
                _snapshot = _snapshot.Succeeded(value, origin.Index, fetchedAt) with { LostContactAt = fetchedAt, IsRestored = true };
            }
        }

        EnsureFetch(Current.Version, hurry: false);
    }

    /// <summary>The next hurried look replaces the value however good it is.</summary>
    public void Force() => _state.Force();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RefreshAsync()
    {
        var failures = 0;
        try
        {
            while (true)
            {
                await DelayAsync(_pace.Take(context.Limits()), _life.Token);
                var outcome = await FetchAsync(afterOutage: RefreshBackoff.IsPausing(failures));
                if (!Apply(outcome))
                {
                    return;
                }

                // An index of 0 is no error, but it must not become a busy loop either (CACHE-17).
                failures = outcome.IsGood ? 0 : failures + 1;
                await SleepAsync(RefreshBackoff.Pause(failures, context.Random.NextDouble()));
            }
        }
        catch (OperationCanceledException) when (_life.IsCancellationRequested)
        {
            context.Log.RefreshEnded(Key);
        }
    }

    private async Task<Outcome> FetchAsync(bool afterOutage)
    {
        FetchContext<TRequest, TValue> fetch;
        lock (_gate)
        {
            _phase = Phase.Fetching;
            _wake = null;
            if (!_hurried && _hurry.IsCancellationRequested)
            {
                _hurry = new CancellationTokenSource();
            }

            // What is restored has an index of another life of the server: only a leaf, which is not read by index, goes on from it. After an
            // outage the first answer shall come at once, not at the next change: it tells that the servers are back.
            var index = (_snapshot.IsRestored || afterOutage) && !kind.Revalidates ? 0 : _snapshot.Index;
            fetch = new(request, _snapshot.Value, index, _state, _hurry.Token);
        }

        Statistics.Fetched();
        context.Count(failed: false);
        Volatile.Write(ref _fetchStartedAt, fetch.Index > 0 ? context.Clock.GetTimestamp() : 0);
        try
        {
            var read = await kind.FetchAsync(fetch, _life.Token);
            context.Metrics.Fetched(kind.Name, notModified: read is null);
            return new Outcome(read?.Value, read?.Index ?? fetch.Index, null);
        }
        catch (ServerException error)
        {
            Statistics.Failed(context.Clock.GetUtcNow());
            context.Count(failed: true);
            context.Metrics.Failed(kind.Name, fatal: error.Kind == FailureKind.UnknownToken);
            context.Log.FetchFailed(Key, error.Message);
            return new Outcome(null, 0, error);
        }
        catch (Exception error) when (error is not OperationCanceledException || !_life.IsCancellationRequested)
        {
            // A bug in one kind must neither hang its readers nor take the other entries down.
            Statistics.Failed(context.Clock.GetUtcNow());
            context.Count(failed: true);
            context.Metrics.Failed(kind.Name, fatal: false);
            context.Log.FetchBroke(error, Key);
            return new Outcome(null, 0, new ServerException(FailureKind.Failed, "internal error: " + error.GetType().Name, error));
        }
    }

    /// <summary>Stores what a fetch brought.</summary>
    /// <returns>False when the loop ends.</returns>
    private bool Apply(Outcome outcome)
    {
        bool goesOn, drops, isNews;
        lock (_gate)
        {
            if (_stopped)
            {
                return false;
            }

            var before = _snapshot;
            var now = context.Clock.GetTimestamp();

            // Nothing changed and nobody asked: no new snapshot, and nobody is woken to look at it.
            isNews = outcome.Value is not null || !outcome.IsGood || _hurried || !kind.Refreshes || !before.IsConfirmed;
            if (isNews)
            {
                _snapshot = outcome.Error is null
                    ? before.Succeeded(outcome.Value, outcome.Index, now)
                    : before.Failed(outcome.Error, now, ContactIsBack());
            }

            Volatile.Write(ref _fetchStartedAt, 0);
            if (outcome.Value is not null)
            {
                Volatile.Write(ref _watchedFrom, 0);
            }

            _hurried = false;

            // A failed first fetch leaves nothing behind (CACHE-30), and an unknown token needs no refresh (CACHE-25).
            drops = outcome.Error is { } error
                && (error.Kind == FailureKind.UnknownToken || (before.Value is null && (before.Version <= 1 || !kind.Refreshes)));
            goesOn = !drops && kind.Refreshes && !context.IsClosing();
            _phase = goesOn ? Phase.Sleeping : Phase.Idle;
            _wake = goesOn ? NewSignal() : null;
        }

        if (drops)
        {
            context.Drop(this);
        }

        if (isNews)
        {
            Pulse();
        }

        context.Changed();
        if (outcome.Value is not null)
        {
            context.Stored(this);
        }

        return goesOn;
    }

    private async Task SleepAsync(TimeSpan pause)
    {
        Task wake;
        lock (_gate)
        {
            wake = _wake!.Task;
        }

        if (pause > TimeSpan.Zero)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(_life.Token);
            Statistics.Sleeps(context.Clock.GetUtcNow() + pause);
            await Task.WhenAny(wake, DelayAsync(pause, ended.Token));
            await ended.CancelAsync();
            Statistics.Sleeps(null);
            _life.Token.ThrowIfCancellationRequested();
        }
    }

    private Task DelayAsync(TimeSpan pause, CancellationToken cancellationToken) =>
        pause > TimeSpan.Zero ? Task.Delay(pause, context.Clock, cancellationToken) : Task.CompletedTask;

    private bool ContactIsBack()
    {
        var started = Volatile.Read(ref _fetchStartedAt);
        return started != 0 && context.Clock.GetElapsedTime(started) >= ProofOfContact;
    }

    private readonly record struct Outcome(TValue? Value, ulong Index, ServerException? Error)
    {
        public bool IsGood => Error is null && Index > 0;
    }
}
