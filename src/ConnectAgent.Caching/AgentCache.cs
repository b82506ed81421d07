using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Timing;
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
    private readonly ICacheGate _gate;
    private readonly CacheStore _store;
    private readonly CacheContext _context;
    private readonly CacheChanges _changes = new();
    private readonly CacheEntries _entries;
    private readonly CacheReader _reader;
    private readonly CacheRenewal _renewal;
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
        (_clock, _gate) = (clock, gate);
        FetchLimits = options.Value.FetchLimits;
        _store = new CacheStore(options.Value, metrics, [.. observers], clock);
        _context = new CacheContext(clock, random, metrics, contact, logger, entry => _store.Remove(entry, "failed"), () => _closing)
        {
            Changed = _changes.Publish,
            Weigh = _store.Weigh,
            Settled = _store.Settle,
            Stored = _store.Stored,
            Limits = () => FetchLimits,
            Ended = (key, feed) => _entries!.Ended(key, feed),
        };
        _entries = new CacheEntries(_store, _context);
        _reader = new CacheReader(_entries, _store, gate, _context);
        _renewal = new CacheRenewal(_entries, _reader, _store, gate, clock);
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
        var entry = _entries.GetOrAdd(kind, request);
        if (_store.Weigh(entry, kind.SizeOf(value)) is { } refusal)
        {
            Drop(entry);
            throw refusal;
        }

        entry.Restore(value, origin, _clock.GetTimestamp() - _clock.TicksOf(origin.Idle));
        _store.Settle(entry);
        _store.Stored(entry);
    }

    /// <summary>Takes the entry of a request out, if there is one.</summary>
    public void Forget<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (_entries.Find(kind, request) is { } entry)
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

    /// <inheritdoc cref="CacheRenewal.RenewAsync"/>
    public Task<CacheAnswer<TValue>> RenewAsync<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class => _renewal.RenewAsync(kind, request, cancellationToken);

    /// <inheritdoc cref="CacheReader.GetAsync"/>
    public ValueTask<CacheAnswer<TValue>> GetAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheRead read, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class => _reader.GetAsync(kind, request, read, cancellationToken);

    /// <inheritdoc cref="CacheEntries.Find{TRequest, TValue}(CacheKind{TRequest, TValue}, string, string, ReadOnlySpan{char})"/>
    public CacheEntry<TRequest, TValue>? Find<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, string datacenter, string token, ReadOnlySpan<char> key)
        where TRequest : CacheRequest
        where TValue : class => _entries.Find(kind, datacenter, token, key);

    /// <inheritdoc cref="CacheReader.TryRead"/>
    public bool TryRead<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, CacheEntry<TRequest, TValue> entry, out CacheAnswer<TValue> answer)
        where TRequest : CacheRequest
        where TValue : class => _reader.TryRead(kind, entry, out answer);

    /// <inheritdoc cref="CacheReader.ChangedAsync"/>
    public Task ChangedAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheAnswer<TValue> seen, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class => _reader.ChangedAsync(kind, request, seen, cancellationToken);

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
}
