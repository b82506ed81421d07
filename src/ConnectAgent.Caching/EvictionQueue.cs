namespace ConnectAgent.Caching;

/// <summary>
/// Entries in the order in which they go: a heap that knows where each of its entries stands, so that none is looked for. For one caller at a time.
/// </summary>
/// <param name="place">Which of its slots an entry keeps for this queue: an entry stands in more than one.</param>
internal sealed class EvictionQueue(int place)
{
    private CacheEntry[] _heap = [];

    public int Count { get; private set; }

    /// <summary>Who goes first; null when nobody is there.</summary>
    public CacheEntry? First => Count == 0 ? null : _heap[0];

    /// <summary>Adds an entry that is not there.</summary>
    public void Add(CacheEntry entry)
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Math.Max(1, Count * 2));
        }

        Place(entry, Count++);
        Rise(entry);
    }

    /// <summary>Removes an entry; one that is not there is fine.</summary>
    public void Remove(CacheEntry entry)
    {
        var at = entry.Slot(place);
        if (at == CacheEntry.Nowhere)
        {
            return;
        }

        entry.Slot(place) = CacheEntry.Nowhere;
        var last = _heap[--Count];
        _heap[Count] = null!;
        if (last != entry)
        {
            Place(last, at);
            Moved(last);
        }
    }

    /// <summary>The rank of an entry that is there has changed.</summary>
    public void Moved(CacheEntry entry)
    {
        Rise(entry);
        Sink(entry);
    }

    private void Rise(CacheEntry entry)
    {
        for (var at = entry.Slot(place); at > 0 && entry.Rank < _heap[(at - 1) / 2].Rank; at = entry.Slot(place))
        {
            Place(_heap[(at - 1) / 2], at);
            Place(entry, (at - 1) / 2);
        }
    }

    private void Sink(CacheEntry entry)
    {
        while (true)
        {
            var at = entry.Slot(place);
            var child = (2 * at) + 1;
            if (child + 1 < Count && _heap[child + 1].Rank < _heap[child].Rank)
            {
                child++;
            }

            if (child >= Count || _heap[child].Rank >= entry.Rank)
            {
                return;
            }

            Place(_heap[child], at);
            Place(entry, child);
        }
    }

    private void Place(CacheEntry entry, int at)
    {
        _heap[at] = entry;
        entry.Slot(place) = at;
    }
}
