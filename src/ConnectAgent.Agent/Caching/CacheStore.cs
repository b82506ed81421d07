using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Internal;

namespace ConnectAgent.Agent.Caching;

/// <summary>Holds the entries: 72 h after their last read they go; in all and per token they are bounded (CACHE-30 to CACHE-32).</summary>
internal sealed class CacheStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly MemoryCache _entries;

    // The store cannot be looked into without touching every entry's idle life, so those who only look use this list.
    private readonly ConcurrentDictionary<CacheKey, CacheEntry> _live = new();
    private readonly Dictionary<string, int> _perToken = new(StringComparer.Ordinal);
    private readonly CacheOptions _options;
    private readonly CacheMetrics _metrics;
    private readonly ITimer _sweeper;
    private readonly TimeProvider _clock;
    private bool _closed;

    public CacheStore(CacheOptions options, CacheMetrics metrics, TimeProvider clock)
    {
        _options = options;
        _metrics = metrics;
        _clock = clock;

        // The store scans only when it is touched, so the timer below does the sweeping; nothing goes under memory pressure.
        _entries = new MemoryCache(new MemoryCacheOptions { Clock = new StoreClock(clock), ExpirationScanFrequency = TimeSpan.FromHours(1) });
        _sweeper = clock.CreateTimer(_ => Sweep(), null, CacheOptions.SweepInterval, CacheOptions.SweepInterval);
    }

    /// <summary>Told of each entry that goes, shutdown aside. Must not call back.</summary>
    public Action<CacheEntry> Removed { get; set; } = static _ => { };

    public int Count => _live.Count;

    /// <summary>The entries as they are now; does not touch them.</summary>
    public ICollection<CacheEntry> All => _live.Values;

    /// <summary>Looks an entry up and pushes its expiry (CACHE-8.1).</summary>
    public CacheEntry? Find(CacheKey key) =>
        !Volatile.Read(ref _closed) && _entries.TryGetValue(key, out var entry) ? (CacheEntry?)entry : null;

    /// <summary>Finds or adds.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.RateLimited"/>: a bound is reached and nothing may go.</exception>
    public CacheEntry FindOrAdd(CacheKey key, Func<CacheKey, CacheEntry> create)
    {
        if (Find(key) is { IsStopped: false } found)
        {
            return found;
        }

        lock (_gate)
        {
            if (Find(key) is { IsStopped: false } added)
            {
                return added;
            }

            if (_closed)
            {
                throw new ServerException(FailureKind.Unreachable, "the agent is shutting down");
            }

            Release(key, "dropped");
            var entry = create(key);
            try
            {
                MakeRoom(entry);
            }
            catch (ServerException)
            {
                entry.Stop();
                throw;
            }

            entry.LastReadAt = _clock.GetTimestamp();
            if (entry.CountsForToken)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_perToken, key.Token, out _)++;
            }

            _live[key] = entry;
            _entries.Set(key, entry, new MemoryCacheEntryOptions
            {
                SlidingExpiration = CacheOptions.IdleLife,
                Priority = CacheItemPriority.NeverRemove,
                PostEvictionCallbacks = { new PostEvictionCallbackRegistration { EvictionCallback = OnEvicted } },
            });
            _metrics.Added(key.Kind);
            return entry;
        }
    }

    /// <summary>Takes an entry out and ends it.</summary>
    /// <returns>False when it is out already.</returns>
    public bool Remove(CacheEntry entry, string reason)
    {
        lock (_gate)
        {
            if (!_live.TryGetValue(entry.Key, out var live) || !ReferenceEquals(live, entry))
            {
                return false;
            }

            Release(entry.Key, reason);
            return true;
        }
    }

    /// <summary>Lets expired entries go. Compacting by nothing removes only what is expired.</summary>
    public void Sweep() => _entries.Compact(0);

    public void Dispose()
    {
        _sweeper.Dispose();
        lock (_gate)
        {
            _closed = true;
            foreach (var key in _live.Keys)
            {
                Release(key, "closed");
            }
        }

        _entries.Dispose();
    }

    private void MakeRoom(CacheEntry added)
    {
        var key = added.Key;
        if (added.CountsForToken && _perToken.GetValueOrDefault(key.Token) >= _options.MaxEntriesPerToken)
        {
            _metrics.RefusedByToken();
            throw new ServerException(
                FailureKind.RateLimited, $"The agent cache holds {_options.MaxEntriesPerToken} entries of this token, which is its bound");
        }

        if (_live.Count < _options.MaxEntries)
        {
            return;
        }

        Sweep();

        // One in a hundred goes at a time, so that a full cache does not scan itself at every miss. What anybody can make with a made-up token
        // goes before what somebody has a right to.
        var surplus = _live.Count - _options.MaxEntries + 1 + (_options.MaxEntries / 100);
        var idle = _live.Values.Where(entry => entry.Waiters == 0)
            .OrderBy(entry => entry.IsCheap ? 0 : 1).ThenBy(entry => entry.LastReadAt).Take(surplus).ToList();
        foreach (var entry in idle)
        {
            Release(entry.Key, "bound");
        }

        if (_live.Count >= _options.MaxEntries)
        {
            _metrics.RefusedByTotal();
            throw new ServerException(
                FailureKind.RateLimited, $"The agent cache holds {_options.MaxEntries} entries, all of them waited on, which is its bound");
        }
    }

    // Runs on the thread pool. What we removed ourselves is released already.
    private void OnEvicted(object key, object? value, EvictionReason reason, object? state)
    {
        if (reason is not EvictionReason.Removed)
        {
            Remove((CacheEntry)value!, "idle");
        }
    }

    private void Release(CacheKey key, string reason)
    {
        if (!_live.TryRemove(key, out var entry))
        {
            return;
        }

        _entries.Remove(key);
        if (entry.CountsForToken && --CollectionsMarshal.GetValueRefOrNullRef(_perToken, key.Token) == 0)
        {
            _perToken.Remove(key.Token);
        }

        _metrics.Evicted(key.Kind, reason);
        entry.Stop();
        if (!_closed)
        {
            Removed(entry);
        }
    }

    // Monotonic: a step of the wall clock neither drops the cache nor makes it immortal (CACHE-31).
    private sealed class StoreClock(TimeProvider clock) : ISystemClock
    {
        private readonly long _start = clock.GetTimestamp();

        public DateTimeOffset UtcNow => DateTimeOffset.UnixEpoch.AddYears(1) + clock.GetElapsedTime(_start);
    }
}
