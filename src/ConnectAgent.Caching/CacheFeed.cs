using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching;

#pragma warning disable CA1001 // The sources hold no timer and no handle; disposing them would race with the loop that they end.
/// <summary>
/// One value with its single refresh loop (CACHE-12, CACHE-21, CACHE-24). It belongs to one entry, or to all that share it
/// (<see cref="CacheKind{TRequest, TValue}.FedBy"/>), and ends with the last of them.
/// </summary>
/// <param name="request">What is fetched.</param>
/// <param name="key">Of that request.</param>
internal sealed class CacheFeed<TRequest, TValue>(
    CacheKind<TRequest, TValue> kind, TRequest request, CacheKey key, CacheContext context) : IThreadPoolWorkItem
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
        Sleeping,
    }

    public bool IsStopped => Volatile.Read(ref _stopped);

    public ref FetchStatistics Statistics => ref _statistics;

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
                _hurried = true;
                State.Hurry();
            }

            if (_phase == Phase.Idle)
            {
                // The loop belongs to the entry, not to this caller (CACHE-12): it takes neither its cancellation nor its context along.
                _phase = Phase.Fetching;
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
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

    void IThreadPoolWorkItem.Execute() => _ = RefreshAsync();

    /// <summary>Takes a value from the sealed file, unless a fetch was quicker; its refresh starts over (CACHE-34).</summary>
    public void Restore(TValue value, RestoredOrigin origin)
    {
        lock (_gate)
        {
            if (_snapshot.Value is null && !_stopped)
            {
                var now = context.Clock.GetTimestamp();
                var fetchedAt = now - (long)(origin.Age.TotalSeconds * context.Clock.TimestampFrequency);
                _snapshot = _snapshot.Succeeded(new ServerRead<TValue>(value, origin.Index), fetchedAt) with { LostContactAt = fetchedAt, IsRestored = true };
            }
        }

        EnsureFetch(Current.Version, hurry: false);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RefreshAsync()
    {
        var failures = 0;
        try
        {
            while (true)
            {
                await context.Clock.PauseAsync(_pace.Take(context.Limits(), context.Clock), _life.Token);
                var fetch = Begin(afterOutage: RefreshBackoff.IsPausing(failures));
                var back = context.Contact.Back;
                var step = FetchStep.Begin(kind.Name, fetch.Index, context.Metrics);
                var fetched = Fetch(fetch);
                await ((Task)fetched).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                step.End(fetched.Exception?.InnerException);
                var outcome = Weighed(OutcomeOf(fetched, fetch));
                if (!Apply(outcome))
                {
                    return;
                }

                failures = outcome.IsGood ? 0 : failures + 1;
                var pause = RefreshBackoff.Pause(failures, context.Random.NextDouble());
                await SleepAsync(pause, outcome.Error is { Kind: FailureKind.Unreachable } ? back : null);
            }
        }
        catch (OperationCanceledException) when (_life.IsCancellationRequested)
        {
            context.Log.RefreshEnded(key);
        }
        catch (Exception error)
        {
            // A bug here must be heard, and must not leave readers behind that wait for a loop that is no more.
            context.Log.RefreshBroke(error, key);
            Break(error);
        }
    }

    /// <summary>Ends with an error: who waits gets it, and the next reader starts over.</summary>
    private void Break(Exception error)
    {
        CacheEntry[] members;
        lock (_gate)
        {
            _snapshot = _snapshot.Failed(Bug(error), context.Clock.GetTimestamp(), contactWasBack: false);
            (_phase, _stopped) = (Phase.Idle, true);
            members = _members.ToArray();
        }

        CountFailure(fatal: true);
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

    private static ServerException Bug(Exception error) => new(FailureKind.Failed, "internal error: " + error.GetType().Name, error);

    private void CountFailure(bool fatal)
    {
        Statistics.Failed(context.Clock.GetUtcNow());
        context.Count(failed: true);
        context.Metrics.Failed(kind.Name, fatal);
    }

    private FetchContext<TRequest, TValue> Begin(bool afterOutage)
    {
        lock (_gate)
        {
            _phase = Phase.Fetching;
            _wake = null;
            if (!_hurried)
            {
                State.Calm();
            }

            // What is restored has an index of another life of the server: only a leaf, which is not read by index, goes on from it. After an
            // outage the first answer shall come at once, not at the next change: it tells that the servers are back. After any failure the
            // servers may be in another life, which would hold the read at an index of the one before.
            var index = (_snapshot.IsRestored || afterOutage || _snapshot.Error is not null) && !kind.Revalidates ? 0 : _snapshot.Index;
            return new(request, _snapshot.Value, index, State);
        }
    }

    private Task<ServerRead<TValue>?> Fetch(FetchContext<TRequest, TValue> fetch)
    {
        Statistics.Fetched();
        context.Count(failed: false);
        Volatile.Write(ref _fetchStartedAt, fetch.Index > 0 ? context.Clock.GetTimestamp() : 0);
        try
        {
            return kind.FetchAsync(fetch, _life.Token);
        }
        catch (Exception error)
        {
            return Task.FromException<ServerRead<TValue>?>(error);
        }
    }

    /// <summary>What a fetch that has ended brought.</summary>
    /// <param name="fetched">Ended, however.</param>
    /// <param name="fetch">What it started from.</param>
    /// <exception cref="OperationCanceledException">The entry has ended.</exception>
    private Outcome OutcomeOf(Task<ServerRead<TValue>?> fetched, FetchContext<TRequest, TValue> fetch)
    {
        try
        {
            var read = fetched.GetAwaiter().GetResult();
            context.Metrics.Fetched(kind.Name, notModified: read is null);
            if (read is not null && read.StepFrom(fetch.Index) != IndexStep.Same)
            {
                kind.Arrived(request, read.Value);
            }

            // That nothing changed is good news, whatever index was asked with; that there is nothing at all is none.
            return new Outcome(read, null) { IsFruitless = read?.LacksIndex ?? fetch.Value is null };
        }
        catch (ServerException error)
        {
            CountFailure(fatal: EndsRefresh(error));
            context.Log.FetchFailed(key, error.Message);
            return new Outcome(null, error);
        }
        catch (Exception error) when (error is not OperationCanceledException || !_life.IsCancellationRequested)
        {
            // A bug in one kind must neither hang its readers nor take the other entries down.
            CountFailure(fatal: false);
            context.Log.FetchBroke(error, key);
            return new Outcome(null, Bug(error));
        }
    }

    // CACHE-25; and what servers do not have they will not have while they run.
    private static bool EndsRefresh(ServerException error) => error.Kind is FailureKind.UnknownToken or FailureKind.Unsupported;

    /// <summary>
    /// Makes room for a value before anybody sees it; one that finds none is a failed fetch. What is held is out of date then, and may allow what the
    /// servers deny by now. Only what is looked at before each use (a leaf) may stay.
    /// </summary>
    private Outcome Weighed(Outcome outcome)
    {
        if (outcome.Read is not { Value: var value })
        {
            return outcome;
        }

        CacheEntry[] members;
        lock (_gate)
        {
            members = _members.ToArray();
        }

        var bytes = kind.SizeOf(value);
        foreach (var member in members)
        {
            if (member.PaysForValue && context.Weigh(member, bytes) is { } error)
            {
                CountFailure(fatal: false);
                context.Log.FetchFailed(key, error.Message);
                return new Outcome(null, error) { IsSuperseded = !kind.Revalidates };
            }
        }

        return outcome;
    }

    /// <summary>Stores what a fetch brought.</summary>
    /// <returns>False when the loop ends.</returns>
    private bool Apply(Outcome outcome)
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
                && (EndsRefresh(error) || outcome.IsSuperseded || (before.Value is null && (error.IsFinal || before.Version <= 1 || !kind.Refreshes)));
            isLost = before.Value is not null && _snapshot.Value is null;
            goesOn = !drops && kind.Refreshes && !context.IsClosing();
            _phase = goesOn ? Phase.Sleeping : Phase.Idle;
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

    /// <summary>Waits before the next fetch, unless a reader needs it or the servers that were away are back.</summary>
    private async Task SleepAsync(TimeSpan pause, Task? back)
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
            var over = context.Clock.PauseAsync(pause, ended.Token);
            await (back is null ? Task.WhenAny(wake, over) : Task.WhenAny(wake, over, back));
            await ended.CancelAsync();
            Statistics.Sleeps(null);
            _life.Token.ThrowIfCancellationRequested();
        }
    }

    private bool ContactIsBack()
    {
        var started = Volatile.Read(ref _fetchStartedAt);
        return started != 0 && context.Clock.GetElapsedTime(started) >= ProofOfContact;
    }

    /// <summary>What came of a fetch.</summary>
    /// <param name="Read">What came; null when nothing changed, or it failed.</param>
    private readonly record struct Outcome(ServerRead<TValue>? Read, ServerException? Error)
    {
        /// <summary>Whether nothing came to go on from: an index that is none, or no first value. No error, but to ask again at once would be a busy loop (CACHE-17).</summary>
        public bool IsFruitless { get; init; }

        public bool IsGood => Error is null && !IsFruitless;

        /// <summary>Whether the servers have another value than the one that is held, which therefore goes.</summary>
        public bool IsSuperseded { get; init; }
    }
}
