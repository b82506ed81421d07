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
    private readonly CacheBudget _all;
    private readonly CacheBudget _empty;
    private readonly Dictionary<string, CacheBudget> _perToken = new(StringComparer.Ordinal);
    private readonly CacheBounds _ofToken;
    private readonly CacheMetrics _metrics;
    private readonly ICacheObserver[] _observers;
    private readonly ITimer _sweeper;
    private readonly TimeProvider _clock;
    private bool _closed;

    public CacheStore(CacheOptions options, CacheMetrics metrics, ICacheObserver[] observers, TimeProvider clock)
    {
        _all = new CacheBudget(new CacheBounds(
            0,
            new("cache.entries", "connect_agent.cache_max_entries", "entries", options.MaxEntries),
            new("cache.bytes", "connect_agent.cache_max_bytes", "bytes", options.MaxBytes)));
        _empty = new CacheBudget(new CacheBounds(
            2,
            new("cache.empty_bytes", string.Empty, string.Empty, int.MaxValue),
            new("cache.empty_bytes", string.Empty, string.Empty, options.MaxEmptyBytes)));
        _ofToken = new CacheBounds(
            1,
            new("cache.entries_per_token", "connect_agent.cache_max_entries_per_token", "entries of one token", options.MaxEntriesPerToken),
            new("cache.bytes_per_token", "connect_agent.cache_max_bytes_per_token", "bytes of one token", options.MaxBytesPerToken));
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
                return _all.Bytes;
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
                MakeRoom(entry, entries: 1, entry.Weight);
            }
            catch (ServerException)
            {
                entry.Stop();
                throw;
            }

            entry.LastReadAt = _clock.GetTimestamp();
            entry.Rank = entry.PresentRank();
            foreach (var budget in BudgetsOf(entry))
            {
                budget.Add(entry);
            }

            _entries[key] = entry;
            _metrics.Added(key.Kind);
            _metrics.Weighed(entry.Weight);
            Classify(entry);
            Trim();
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
                MakeRoom(entry, entries: 0, more);
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
            foreach (var budget in BudgetsOf(entry))
            {
                budget.Grow(more);
            }

            _metrics.Weighed(more);
            Trim();
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
                MoveTo(entry, entry.PresentRank());
                Trim();
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
                entry.Rank = entry.PresentRank();
                foreach (var budget in BudgetsOf(entry))
                {
                    budget.Enqueue(entry);
                }

                Classify(entry);
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

    /// <summary>Where an entry counts; its token's first, so that a token at its bound lets its own go.</summary>
    private IEnumerable<CacheBudget> BudgetsOf(CacheEntry entry) => entry.CountsAsEmpty ? BoundsOf(entry).Append(_empty) : BoundsOf(entry);

    /// <summary>The budgets at whose bounds it is refused.</summary>
    private IEnumerable<CacheBudget> BoundsOf(CacheEntry entry)
    {
        if (entry.CountsForToken)
        {
            if (!_perToken.TryGetValue(entry.Key.Token, out var budget))
            {
                _perToken.Add(entry.Key.Token, budget = new CacheBudget(_ofToken));
            }

            yield return budget;
        }

        yield return _all;
    }

    /// <summary>Lets entries go until there is room.</summary>
    /// <exception cref="ServerException">All that is left is waited on.</exception>
    private void MakeRoom(CacheEntry entry, int entries, long bytes)
    {
        try
        {
            foreach (var budget in BoundsOf(entry))
            {
                budget.RequireFit(entries > 0 ? bytes : entry.Weight + bytes);
                while (budget.BoundOf(entries, bytes) is { } bound)
                {
                    if (FirstToGo(budget) is not { } idle)
                    {
                        throw bound.Refusal();
                    }

                    Release(idle, "bound");
                }
            }
        }
        catch (ServerException error)
        {
            _metrics.Refused(error.Limit!);
            throw;
        }
        finally
        {
            Forget(entry.Key.Token);
        }
    }

    /// <summary>
    /// The least recently read entry that nobody waits on. Reads take no lock, so an entry stands where it stood when it was last looked at: each look
    /// is paid for by a read or a wait since then.
    /// </summary>
    private CacheEntry? FirstToGo(CacheBudget budget)
    {
        for (var looks = budget.Idle; budget.First is { } entry; looks--)
        {
            if (entry.TrySetAside())
            {
                // Whoever leaves it last brings it back.
                foreach (var its in BudgetsOf(entry))
                {
                    its.Dequeue(entry);
                }
            }
            else if (entry.PresentRank() is var rank && (rank == entry.Rank || looks <= 0))
            {
                return entry;
            }
            else
            {
                MoveTo(entry, rank);
            }
        }

        return null;
    }

    private void MoveTo(CacheEntry entry, long rank)
    {
        entry.Rank = rank;
        if (!entry.IsSetAside)
        {
            foreach (var budget in BudgetsOf(entry))
            {
                budget.Moved(entry);
            }
        }

        Classify(entry);
    }

    /// <summary>Whether it carries something may be another than it was.</summary>
    private void Classify(CacheEntry entry)
    {
        if (entry.CarriesNothing == entry.CountsAsEmpty)
        {
            return;
        }

        entry.CountsAsEmpty = !entry.CountsAsEmpty;
        if (!entry.CountsAsEmpty)
        {
            _empty.Remove(entry);
            return;
        }

        _empty.Add(entry);
        if (entry.IsSetAside)
        {
            _empty.Dequeue(entry);
        }
    }

    /// <summary>What carries nothing has a small part of the cache only: there is always more of it, and memory that it once had is slow to come back.</summary>
    private void Trim()
    {
        while (_empty.BoundOf(0, 0) is not null && FirstToGo(_empty) is { } idle)
        {
            Release(idle, "bound");
        }
    }

    private void Release(CacheEntry entry, string reason)
    {
        if (!_entries.TryRemove(entry.Key, out _))
        {
            return;
        }

        foreach (var budget in BudgetsOf(entry))
        {
            budget.Remove(entry);
        }

        Forget(entry.Key.Token);
        _metrics.Evicted(entry.Key.Kind, reason);
        _metrics.Weighed(-entry.Weight);
        entry.Stop();
        if (!_closed)
        {
            Array.ForEach(_observers, observer => observer.Removed(entry));
        }
    }

    private void Forget(string token)
    {
        if (_perToken.TryGetValue(token, out var budget) && budget.Entries == 0)
        {
            _perToken.Remove(token);
        }
    }
}
