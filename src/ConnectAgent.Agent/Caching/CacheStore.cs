using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Caching;

/// <summary>
/// Holds the entries: 72 h after their last read they go; in all and per token they are bounded (CACHE-30 to CACHE-32). A look-up takes no lock
/// and makes nothing.
/// </summary>
internal sealed class CacheStore : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<CacheKey, CacheEntry> _entries = new(CacheKeyComparer.Instance);
    private readonly ConcurrentDictionary<CacheKey, CacheEntry>.AlternateLookup<CacheLookup> _byLookup;
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
        _byLookup = _entries.GetAlternateLookup<CacheLookup>();
        _sweeper = clock.CreateTimer(_ => Sweep(), null, CacheOptions.SweepInterval, CacheOptions.SweepInterval);
    }

    /// <summary>Told of each entry that goes, shutdown aside. Must not call back.</summary>
    public Action<CacheEntry> Removed { get; set; } = static _ => { };

    public int Count => _entries.Count;

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
    /// <exception cref="ServerException"><see cref="FailureKind.RateLimited"/>: a bound is reached and nothing may go.</exception>
    public CacheEntry FindOrAdd(CacheLookup lookup, Func<CacheKey, CacheEntry> create)
    {
        if (Find(lookup) is { IsStopped: false } found)
        {
            return found;
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
                Release(key, former.IsStopped ? "dropped" : "idle");
            }

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

            _entries[key] = entry;
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
            if (!_entries.TryGetValue(entry.Key, out var held) || !ReferenceEquals(held, entry))
            {
                return false;
            }

            Release(entry.Key, reason);
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
            foreach (var key in _entries.Keys)
            {
                Release(key, "closed");
            }
        }
    }

    // Monotonic: a step of the wall clock neither drops the cache nor makes it immortal (CACHE-31).
    private bool IsOver(CacheEntry entry, long now) => _clock.GetElapsedTime(entry.LastReadAt, now) >= CacheOptions.IdleLife;

    private void MakeRoom(CacheEntry added)
    {
        var key = added.Key;
        if (added.CountsForToken && _perToken.GetValueOrDefault(key.Token) >= _options.MaxEntriesPerToken)
        {
            _metrics.RefusedByToken();
            throw new ServerException(
                FailureKind.RateLimited, $"The agent cache holds {_options.MaxEntriesPerToken} entries of this token, which is its bound");
        }

        if (_entries.Count < _options.MaxEntries)
        {
            return;
        }

        Sweep();

        // One in a hundred goes at a time, so that a full cache does not scan itself at every miss. What anybody can make with a made-up token
        // goes before what somebody has a right to.
        var surplus = _entries.Count - _options.MaxEntries + 1 + (_options.MaxEntries / 100);
        var idle = _entries.Values.Where(entry => entry.Waiters == 0)
            .OrderBy(entry => entry.IsCheap ? 0 : 1).ThenBy(entry => entry.LastReadAt).Take(surplus).ToList();
        foreach (var entry in idle)
        {
            Release(entry.Key, "bound");
        }

        if (_entries.Count >= _options.MaxEntries)
        {
            _metrics.RefusedByTotal();
            throw new ServerException(
                FailureKind.RateLimited, $"The agent cache holds {_options.MaxEntries} entries, all of them waited on, which is its bound");
        }
    }

    private void Release(CacheKey key, string reason)
    {
        if (!_entries.TryRemove(key, out var entry))
        {
            return;
        }

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
}
