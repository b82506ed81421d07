namespace ConnectAgent.Caching;

/// <summary>The entries that take their value from one feed. Most feeds have one for all their life, so there is no set before there is another.</summary>
internal struct FeedMembers
{
    private CacheEntry? _one;
    private HashSet<CacheEntry>? _others;

    public readonly bool IsEmpty => _one is null;

    public void Add(CacheEntry entry)
    {
        if (_one is null)
        {
            _one = entry;
        }
        else
        {
            (_others ??= []).Add(entry);
        }
    }

    public void Remove(CacheEntry entry)
    {
        if (_one == entry)
        {
            _one = _others?.FirstOrDefault();
            entry = _one ?? entry;
        }

        _others?.Remove(entry);
    }

    public readonly CacheEntry[] ToArray() => _one is null ? [] : [_one, .. _others ?? []];
}
