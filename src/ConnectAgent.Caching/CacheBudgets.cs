using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Caching;

/// <summary>
/// Counts the entries of the cache against its bounds, and says who goes when one is reached: in all, of one token, and of those that carry nothing
/// (CACHE-30). For one caller at a time, who holds the store's lock.
/// </summary>
/// <param name="options">The bounds.</param>
/// <param name="metrics">Counts what they refuse.</param>
/// <param name="release">Takes an entry out of the store, which removes it here as well.</param>
internal sealed class CacheBudgets(CacheOptions options, CacheMetrics metrics, Action<CacheEntry, string> release)
{
    private readonly CacheBudget _all = new(new CacheBounds(
        0,
        new("cache.entries", "connect_agent.cache_max_entries", "entries", options.MaxEntries),
        new("cache.bytes", "connect_agent.cache_max_bytes", "bytes", options.MaxBytes)));
    private readonly CacheBudget _empty = new(new CacheBounds(
        2,
        new("cache.empty_bytes", string.Empty, string.Empty, int.MaxValue),
        new("cache.empty_bytes", string.Empty, string.Empty, options.MaxEmptyBytes)));
    private readonly CacheBounds _ofToken = new(
        1,
        new("cache.entries_per_token", "connect_agent.cache_max_entries_per_token", "entries of one token", options.MaxEntriesPerToken),
        new("cache.bytes_per_token", "connect_agent.cache_max_bytes_per_token", "bytes of one token", options.MaxBytesPerToken));
    private readonly Dictionary<string, CacheBudget> _perToken = new(StringComparer.Ordinal);

    /// <summary>What all entries weigh together.</summary>
    public long Bytes => _all.Bytes;

    /// <summary>Counts an entry for which there is room.</summary>
    public void Add(CacheEntry entry)
    {
        entry.Rank = entry.PresentRank();
        foreach (var budget in BudgetsOf(entry))
        {
            budget.Add(entry);
        }

        Classify(entry);
        Trim();
    }

    /// <summary>Counts what an entry weighs more, for which there is room, or less.</summary>
    public void Grow(CacheEntry entry, long bytes)
    {
        foreach (var budget in BudgetsOf(entry))
        {
            budget.Grow(bytes);
        }

        Trim();
    }

    public void Remove(CacheEntry entry)
    {
        foreach (var budget in BudgetsOf(entry))
        {
            budget.Remove(entry);
        }

        Forget(entry.Key.Token);
    }

    /// <summary>An entry carries something now that carried nothing, or the other way round, or was read at another time than it seemed.</summary>
    public void Settle(CacheEntry entry)
    {
        MoveTo(entry, entry.PresentRank());
        Trim();
    }

    /// <summary>Nobody waits on an entry any more that was set aside.</summary>
    public void Return(CacheEntry entry)
    {
        entry.Rank = entry.PresentRank();
        foreach (var budget in BudgetsOf(entry))
        {
            budget.Enqueue(entry);
        }

        Classify(entry);
    }

    /// <summary>Lets entries go until there is room.</summary>
    /// <exception cref="ServerException">All that is left is waited on.</exception>
    public void MakeRoom(CacheEntry entry, int entries, long bytes)
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

                    release(idle, "bound");
                }
            }
        }
        catch (ServerException error)
        {
            metrics.Refused(error.Limit!);
            throw;
        }
        finally
        {
            Forget(entry.Key.Token);
        }
    }

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
            release(idle, "bound");
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
