using System.Collections.Concurrent;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Caching;

/// <summary>
/// Holds the entries: 72 h after their last read they go, and before that the least recently read ones when a bound is reached, on entries or on bytes,
/// in all or of one token (CACHE-30 to CACHE-32; docs/design/0003-cache-engine.md). A look-up takes no lock and makes nothing.
/// </summary>
internal sealed class CacheStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<CacheKey, CacheEntry> _entries = new(CacheKeyComparer.Instance);
    private readonly ConcurrentDictionary<CacheKey, CacheEntry>.AlternateLookup<CacheLookup> _byLookup;
    private readonly CacheBudgets _budgets;
    private readonly CacheMetrics _metrics;
    private readonly ICacheObserver[] _observers;
    private readonly ITimer _sweeper;
    private readonly TimeProvider _clock;
    private bool _closed;

    public CacheStore(CacheOptions options, CacheMetrics metrics, ICacheObserver[] observers, TimeProvider clock)
    {
        _budgets = new CacheBudgets(options, metrics, Release);
        (_metrics, _observers) = (metrics, observers);
        _clock = clock;
        _byLookup = _entries.GetAlternateLookup<CacheLookup>();
        _sweeper = clock.CreateTimer(_ => Sweep(), null, CacheOptions.SweepInterval, CacheOptions.SweepInterval);
    }

    public int Count => _entries.Count;

    /// <summary>What all entries weigh together.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _budgets.Bytes;
            }
        }
    }

    /// <summary>The entries as they are now; does not touch them.</summary>
    public ICollection<CacheEntry> All => _entries.Values;

    /// <summary>Looks an entry up and pushes its expiry (CACHE-8.1).</summary>
    public CacheEntry? Find(CacheLookup key)
    {
        if (Volatile.Read(ref _closed) || !_byLookup.TryGetValue(key, out var entry))
        {
            return null;
        }

        var now = _clock.GetTimestamp();
        if (IsOver(entry, now))
        {
            return null;
        }

        entry.LastReadAt = now;
        return entry;
    }

    /// <summary>Finds or adds.</summary>
    /// <exception cref="ServerException">
    /// <see cref="FailureKind.RateLimited"/>: a bound is reached, and all that is held is waited on. <see cref="FailureKind.Invalid"/>: no key is so long.
    /// </exception>
    public CacheEntry FindOrAdd(CacheLookup lookup, Func<CacheKey, CacheEntry> create)
    {
        if (Find(lookup) is { IsStopped: false } found)
        {
            return found;
        }

        if (lookup.Bytes > CacheOptions.LongestKey)
        {
            throw new ServerException(FailureKind.Invalid, $"A token and what is asked with it take at most {CacheOptions.LongestKey} bytes") { Limit = "cache.key" };
        }

        lock (_gate)
        {
            if (Find(lookup) is { IsStopped: false } added)
            {
                return added;
            }

            if (_closed)
            {
                throw new ServerException(FailureKind.Unreachable, "the agent is shutting down");
            }

            var key = lookup.ToKey();
            if (_entries.TryGetValue(key, out var former))
            {
                Release(former, former.IsStopped ? "dropped" : "idle");
            }

            var entry = create(key);
            try
            {
                _budgets.MakeRoom(entry, entries: 1, entry.Weight);
            }
            catch (ServerException)
            {
                entry.Stop();
                throw;
            }

            entry.LastReadAt = _clock.GetTimestamp();
            _entries[key] = entry;
            _metrics.Added(key.Kind);
            _metrics.Weighed(entry.Weight);
            _budgets.Add(entry);
            return entry;
        }
    }

    /// <summary>Counts another value of an entry, for which others may have to go.</summary>
    /// <param name="entry">One that is out already counts nothing.</param>
    /// <param name="valueBytes">Of the value that it is about to hold.</param>
    /// <returns>Why it cannot be held: for want of room.</returns>
    public ServerException? Weigh(CacheEntry entry, long valueBytes)
    {
        lock (_gate)
        {
            var more = valueBytes - entry.ValueBytes;
            if (!IsLive(entry) || more == 0)
            {
                return null;
            }

            // It does not go to make room for itself.
            entry.Park();
            try
            {
                _budgets.MakeRoom(entry, entries: 0, more);
            }
            catch (ServerException error)
            {
                return error;
            }
            finally
            {
                Unpark(entry);
            }

            entry.ValueBytes = valueBytes;
            _metrics.Weighed(more);
            _budgets.Grow(entry, more);
            return null;
        }
    }

    /// <summary>An entry carries something now that carried nothing, or the other way round, or was read at another time than it seemed.</summary>
    public void Settle(CacheEntry entry)
    {
        if (entry.PresentRank() is var rank && rank == entry.Rank)
        {
            return;
        }

        lock (_gate)
        {
            if (IsLive(entry))
            {
                _budgets.Settle(entry);
            }
        }
    }

    /// <summary>Somebody does not wait on an entry any more.</summary>
    public void Unpark(CacheEntry entry)
    {
        if (!entry.Unpark())
        {
            return;
        }

        lock (_gate)
        {
            if (entry.TryReturn() && IsLive(entry))
            {
                _budgets.Return(entry);
            }
        }
    }

    /// <summary>Does something with an entry unless it is out; it does not go meanwhile.</summary>
    /// <param name="action">Must not call back.</param>
    public void WithLive(CacheEntry entry, Action<CacheEntry> action)
    {
        lock (_gate)
        {
            if (IsLive(entry))
            {
                action(entry);
            }
        }
    }

    /// <summary>Takes an entry out and ends it.</summary>
    /// <returns>False when it is out already.</returns>
    public bool Remove(CacheEntry entry, string reason)
    {
        lock (_gate)
        {
            if (!IsLive(entry))
            {
                return false;
            }

            Release(entry, reason);
            return true;
        }
    }

    /// <summary>Tells of another value of an entry, unless it is out. Under the lock, as the removal is told of: what was removed is not stored behind that.</summary>
    public void Stored(CacheEntry entry) => WithLive(entry, live => Array.ForEach(_observers, observer => observer.Stored(live)));

    /// <summary>Lets go what nobody has read for long.</summary>
    public void Sweep()
    {
        var now = _clock.GetTimestamp();
        foreach (var (_, entry) in _entries)
        {
            if (IsOver(entry, now))
            {
                Remove(entry, "idle");
            }
        }
    }

    public void Dispose()
    {
        _sweeper.Dispose();
        lock (_gate)
        {
            _closed = true;
            foreach (var entry in _entries.Values)
            {
                Release(entry, "closed");
            }
        }
    }

    private bool IsLive(CacheEntry entry) => _entries.TryGetValue(entry.Key, out var held) && ReferenceEquals(held, entry);

    // Monotonic: a step of the wall clock neither drops the cache nor makes it immortal (CACHE-31).
    private bool IsOver(CacheEntry entry, long now) => _clock.GetElapsedTime(entry.LastReadAt, now) >= CacheOptions.IdleLife;

    private void Release(CacheEntry entry, string reason)
    {
        if (!_entries.TryRemove(entry.Key, out _))
        {
            return;
        }

        _budgets.Remove(entry);
        _metrics.Evicted(entry.Key.Kind, reason);
        _metrics.Weighed(-entry.Weight);
        entry.Stop();
        if (!_closed)
        {
            Array.ForEach(_observers, observer => observer.Removed(entry));
        }
    }
}
