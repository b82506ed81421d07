using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Protocol.Tokens;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ConnectAgent.Caching;

/// <summary>
/// The agent cache: on demand, partitioned by token and datacenter, each entry kept fresh by one background blocking query. A hit takes
/// no lock and does no I/O.
/// </summary>
internal sealed class AgentCache : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly CacheMetrics _metrics;
    private readonly ICacheGate _gate;
    private readonly CacheStore _store;
    private readonly CacheContext _context;
    private readonly CacheChanges _changes = new();
    private readonly UnknownTokens _unknown = new();
    private readonly ConcurrentDictionary<CacheKey, object> _sharedFeeds = new();
    private readonly ICacheObserver[] _observers;
    private volatile bool _closing;

    public AgentCache(
        IOptions<CacheOptions> options,
        ICacheGate gate,
        CacheMetrics metrics,
        IContactSignal contact,
        IEnumerable<ICacheObserver> observers,
        TimeProvider clock,
        Random random,
        ILogger<AgentCache> logger)
    {
        _clock = clock;
        _gate = gate;
        _metrics = metrics;
        FetchLimits = options.Value.FetchLimits;
        _observers = [.. observers];
        _store = new CacheStore(options.Value, metrics, _observers, clock);
        _context = new CacheContext(clock, random, metrics, contact, logger, entry => _store.Remove(entry, "failed"), () => _closing)
        {
            Changed = _changes.Publish,
            Weigh = _store.Weigh,
            Settled = _store.Settle,

            // Under the store's lock, as the removal is told of: what was removed is not stored behind that.
            Stored = entry => _store.WithLive(entry, Stored),
            Limits = () => FetchLimits,
            Ended = (key, feed) => _sharedFeeds.TryRemove(KeyValuePair.Create(key, feed)),
        };
    }

    public int Count => _store.Count;

    /// <summary>What the entries take: keys, tokens and values, and what each needs beside them.</summary>
    public long Bytes => _store.Bytes;

    /// <summary>The entries as they are now; looking touches nothing.</summary>
    public ICollection<CacheEntry> Entries => _store.All;

    /// <summary>Changes of the cache itself, for the inspection view.</summary>
    public CacheChanges Changes => _changes;

    public bool IsClosing => _closing;

    public long Fetches => _context.Fetches;

    public long Errors => _context.Errors;

    /// <summary>May be set anew at any time; holds for existing entries at once.</summary>
    public FetchLimits FetchLimits { get; set; }

    /// <summary>Does something with an entry unless it is out; it does not go meanwhile.</summary>
    /// <param name="action">Must not call back.</param>
    public void WithLive(CacheEntry entry, Action<CacheEntry> action) => _store.WithLive(entry, action);

    /// <summary>Puts a value from the sealed file back.</summary>
    /// <exception cref="ServerException">There is no room for it.</exception>
    public void Restore<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request, TValue value, RestoredOrigin origin)
        where TRequest : CacheRequest
        where TValue : class
    {
        _gate.Remember(request.Token, kind.NeedsFor(request, value));
        var entry = Entry(kind, request);
        if (_store.Weigh(entry, kind.SizeOf(value)) is { } refusal)
        {
            Drop(entry);
            throw refusal;
        }

        entry.Restore(value, origin, _clock.GetTimestamp() - (long)(origin.Idle.TotalSeconds * _clock.TimestampFrequency));
        _store.Settle(entry);
        _store.WithLive(entry, Stored);
    }

    /// <summary>Takes the entry of a request out, if there is one.</summary>
    public void Forget<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (_store.Find(LookupOf(kind, request)) is { } entry)
        {
            Drop(entry);
        }
    }

    /// <summary>Takes an entry out.</summary>
    /// <param name="entry">Whoever waits on it starts over.</param>
    /// <param name="reason">For the metric of evictions.</param>
    /// <returns>False when it is out already.</returns>
    public bool Drop(CacheEntry entry, string reason = "dropped")
    {
        var dropped = _store.Remove(entry, reason);
        _changes.Publish();
        return dropped;
    }

    /// <summary>Has the value of an entry replaced now, however good it is.</summary>
    /// <exception cref="ServerException">What the fetch failed with: one that began after the call, not one before.</exception>
    public async Task<CacheAnswer<TValue>> RenewAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (Find(kind, request)?.Current.Value is not { } held)
        {
            // What comes is new.
            return await GetAsync(kind, request, default, cancellationToken);
        }

        var entry = Entry(kind, request);
        var seen = entry.Current.Version;
        entry.Feed.State.Force();
        var start = _clock.GetTimestamp();
        while (true)
        {
            var changed = entry.Feed.Changed;
            var snapshot = entry.Current;
            if (snapshot.Value is not null && !ReferenceEquals(snapshot.Value, held))
            {
                // ACL-SEC-3.
                await _gate.RequireAsync(request, cancellationToken);
                return CacheLook.Answer(entry, snapshot, hit: false);
            }

            if (snapshot.Error is { } error && snapshot.Version > seen)
            {
                throw error.ToThrow();
            }

            var left = CacheOptions.FirstValueWait - _clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || entry.IsStopped)
            {
                throw new ServerException(FailureKind.Failed, "timed out waiting for the new value");
            }

            entry.Feed.EnsureFetch(snapshot.Version, hurry: true);
            entry.Park();
            await Change(changed, left, cancellationToken);
            _store.Unpark(entry);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Reads a value; the engine of CACHE-6 to CACHE-14.</summary>
    /// <param name="kind">What is read.</param>
    /// <param name="request">Which one, and on whose behalf.</param>
    /// <param name="read">Whether and how long to block.</param>
    /// <param name="cancellationToken">The caller going away; the fetch goes on for the others.</param>
    /// <exception cref="ServerException">
    /// What the fetch failed with: for readers without a value, and at once for readers that block on the current one (CACHE-9);
    /// <see cref="FailureKind.RateLimited"/> when a bound of the cache is reached.
    /// </exception>
    public ValueTask<CacheAnswer<TValue>> GetAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheRead read, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (!kind.Blocks)
        {
            read = read with { Query = read.Query with { Index = 0 } };
        }

        if (Find(kind, request) is { } entry)
        {
            if (CacheLook.First(kind, request, entry, entry.Current, read) is { } look)
            {
                return new ValueTask<CacheAnswer<TValue>>(Counted(kind, entry, look));
            }
        }
        else if (PartitionOf(request) is var partition && partition != request)
        {
            var shared = GetAsync(kind, partition, read, cancellationToken);
            return _unknown.IsFirstRead(request) ? MissAsync(shared) : shared;
        }

        return new ValueTask<CacheAnswer<TValue>>(WaitAsync(kind, request, read, cancellationToken));
    }

    /// <summary>The entry of a key given in parts, if it is there; nothing is made, waited for or counted.</summary>
    public CacheEntry<TRequest, TValue>? Find<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, string datacenter, string token, ReadOnlySpan<char> key)
        where TRequest : CacheRequest
        where TValue : class =>
        _store.Find(new CacheLookup(kind.Name, datacenter, token, key)) is CacheEntry<TRequest, TValue> { IsStopped: false } entry ? entry : null;

    /// <summary>A read without an index of an entry that is there, as <see cref="GetAsync"/> makes it.</summary>
    /// <returns>False, and nothing is counted, when the reader would have to wait.</returns>
    public bool TryRead<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, CacheEntry<TRequest, TValue> entry, out CacheAnswer<TValue> answer)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (CacheLook.First(kind, entry.Request, entry, entry.Current, default) is { } look)
        {
            answer = Counted(kind, entry, look);
            return true;
        }

        answer = default;
        return false;
    }

    /// <summary>The value as it stands, without starting or waiting for anything; null when there is none.</summary>
    public TValue? Peek<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (_store.Find(LookupOf(kind, request)) is not CacheEntry<TRequest, TValue> entry)
        {
            return null;
        }

        entry.LastReadAt = _clock.GetTimestamp();
        return entry.Current.Value;
    }

    /// <summary>
    /// Completes when the value's index, or whether the servers are in contact, differs from what was seen; errors aside. For another kind that
    /// depends on this one (leaf-certificates LEAF-70, LEAF-82).
    /// </summary>
    public async Task ChangedAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheAnswer<TValue> seen, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        for (var failures = 0; ;)
        {
            var entry = Entry(kind, request);
            entry.Park();
            try
            {
                var changed = entry.Feed.Changed;
                var snapshot = entry.Current;
                entry.LastReadAt = _clock.GetTimestamp();
                if (snapshot.Value is not null && (snapshot.Index != seen.Index || entry.Feed.IsInContact(snapshot) != seen.InContact))
                {
                    return;
                }

                if (!entry.IsStopped)
                {
                    if (snapshot.Value is null)
                    {
                        entry.Feed.EnsureFetch(snapshot.Version, hurry: false);
                    }

                    await changed.WaitAsync(cancellationToken);
                }

                failures = entry.IsStopped ? failures + 1 : 0;
            }
            finally
            {
                _store.Unpark(entry);
            }

            // An entry that goes as fast as it is made again, because the servers are unreachable, must not spin this loop.
            var pause = RefreshBackoff.Pause(failures, _context.Random.NextDouble());
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, _clock, cancellationToken);
            }
        }
    }

    /// <summary>Lets every blocked reader answer with what it has (http-conventions IDX-13); later reads do not block.</summary>
    public void ReleaseReaders()
    {
        _closing = true;
        _changes.Publish();
        foreach (var entry in _store.All)
        {
            entry.Pulse();
        }
    }

    public void Dispose()
    {
        _closing = true;
        _store.Dispose();
    }

    private void Stored(CacheEntry entry) => Array.ForEach(_observers, observer => observer.Stored(entry));

    private static CacheLookup LookupOf<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class => new(kind.Name, request.Datacenter, request.Token, request.Key);

    private static async ValueTask<CacheAnswer<TValue>> MissAsync<TValue>(ValueTask<CacheAnswer<TValue>> answer) => await answer with { Hit = false };

    /// <summary>Whoever makes tokens up makes no entries with them (acl ACL-SEC-9): for what is public, all that are unknown are one.</summary>
    private TRequest PartitionOf<TRequest>(TRequest request)
        where TRequest : CacheRequest => _gate.IsUnknown(request) ? (TRequest)((CacheRequest)request with { Token = TokenText.Unknown }) : request;

    private CacheEntry<TRequest, TValue>? Find<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class => _store.Find(LookupOf(kind, request)) is CacheEntry<TRequest, TValue> { IsStopped: false } found ? found : null;

    private CacheEntry<TRequest, TValue> Entry<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class => (CacheEntry<TRequest, TValue>)_store.FindOrAdd(
            LookupOf(kind, request), added => new CacheEntry<TRequest, TValue>(kind, request, added, FeedOf(kind, request, added))
            {
                CountsForToken = request.CountsForToken,
                IsCheap = request.IsCheap,
                PaysForValue = kind.FedBy(request) is not { } shared || shared == request,
            });

    // Called under the store's gate, as the end of a last member is: a shared feed is not ended between being found and being joined.
    private CacheFeed<TRequest, TValue> FeedOf<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request, CacheKey key)
        where TRequest : CacheRequest
        where TValue : class
    {
        CacheFeed<TRequest, TValue> Make(TRequest asked, CacheKey of) => new(kind, asked, of, _context);
        return kind.FedBy(request) is { } shared
            ? (CacheFeed<TRequest, TValue>)_sharedFeeds.AddOrUpdate(
                LookupOf(kind, shared).ToKey(),
                of => Make(shared, of),
                (of, held) => ((CacheFeed<TRequest, TValue>)held).IsStopped ? Make(shared, of) : held)
            : Make(request, key);
    }

    private CacheAnswer<TValue> Counted<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, CacheEntry<TRequest, TValue> entry, CacheAnswer<TValue> look)
        where TRequest : CacheRequest
        where TValue : class
    {
        look = look with { Hit = !entry.IsFirstRead() && look.Hit };
        if (look.Hit)
        {
            entry.Reads.Hit();
            _metrics.Hit(kind.Name);
        }
        else
        {
            entry.Reads.Missed();
            _metrics.Missed(kind.Name, blocking: false);
        }

        return look;
    }

    private async Task<CacheAnswer<TValue>> WaitAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheRead read, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        var start = _clock.GetTimestamp();
        var entry = Find(kind, request);
        if (entry is null)
        {
            // ACL-SEC-9: no caller can forget it.
            await _gate.RequireAsync(request, cancellationToken);
            entry = Entry(kind, request);
        }

        entry.IsFirstRead();
        entry.Reads.Missed();
        _metrics.Missed(kind.Name, read.Query.Blocks);
        var began = entry.Current.Version;
        var asked = -1L;
        var first = true;

        CacheAnswer<TValue> answer;

        // Taken only by who is about to park, who then looks once more: nothing is left behind in entries that nobody waits on.
        Task? changed = null;
        while (true)
        {
            var snapshot = entry.Current;
            entry.LastReadAt = _clock.GetTimestamp();
            if (snapshot.Value is { } value && !kind.IsUsable(value))
            {
                snapshot = snapshot with { Value = null };
            }

            if (!first)
            {
                if (CacheLook.Satisfies(snapshot, read, began, asked))
                {
                    answer = CacheLook.Answer(entry, snapshot, hit: false);
                    break;
                }

                if (snapshot.Error is { } error && snapshot.Version != began)
                {
                    // CACHE-41: the old value only for who said so.
                    answer = read.StaleIfError is { } stale && snapshot.Value is not null && entry.Feed.AgeOf(snapshot) < stale
                        ? CacheLook.Answer(entry, snapshot, hit: true)
                        : throw error.ToThrow();
                    break;
                }
            }
            else if (CacheLook.First(kind, request, entry, snapshot, read) is { } look)
            {
                answer = look with { Hit = false };
                break;
            }

            if (read.Query.Blocks && snapshot.Value is not null)
            {
                entry.Feed.Watch(snapshot.Version);
            }

            var left = Left(read, start, hasValue: snapshot.Value is not null);
            if (left <= TimeSpan.Zero || (_closing && snapshot.Value is not null))
            {
                answer = snapshot.Value is not null
                    ? CacheLook.Answer(entry, snapshot, hit: false)
                    : throw new ServerException(FailureKind.Failed, "timed out waiting for the first value");
                break;
            }

            if (entry.IsStopped)
            {
                // It went while we waited (CACHE-32): start over with a new one, if the token may still have it.
                await _gate.RequireAsync(request, cancellationToken);
                request = PartitionOf(request);
                entry = Entry(kind, request);
                entry.IsFirstRead();
                (began, asked, first, changed) = (entry.Current.Version, -1, true, null);
                continue;
            }

            if (changed is null)
            {
                changed = entry.Feed.Changed;
                continue;
            }

            // A fetch that is already holding for a change is the one a blocking reader waits for.
            if (snapshot.Value is null || snapshot.Error is not null || !read.Query.Blocks || !kind.Refreshes)
            {
                asked = snapshot.Version;
                entry.Feed.EnsureFetch(snapshot.Version, hurry: kind.Revalidates && (!read.Query.Blocks || snapshot.Value is null));
            }

            entry.Park();
            await Change(changed, left, cancellationToken);
            _store.Unpark(entry);
            cancellationToken.ThrowIfCancellationRequested();
            (first, changed) = (false, null);
        }

        // ACL-SEC-3: the right may have gone during the wait, however it ended.
        await _gate.RequireAsync(request, cancellationToken);
        return answer;
    }

    // A time-out is no error: the next turn of the loop sees that no time is left. A frame that caught it would be one for each reader.
    private ConfiguredTaskAwaitable Change(Task changed, TimeSpan left, CancellationToken cancellationToken) =>
        changed.WaitAsync(left, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private TimeSpan Left(CacheRead read, long start, bool hasValue)
    {
        var limit = read.Limit;
        if (!hasValue && limit < CacheOptions.FirstValueWait)
        {
            limit = CacheOptions.FirstValueWait;
        }

        return limit - _clock.GetElapsedTime(start);
    }
}
