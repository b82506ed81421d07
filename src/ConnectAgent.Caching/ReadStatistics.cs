namespace ConnectAgent.Caching;

/// <summary>How one entry was read; counted without locks, shown by the inspection view.</summary>
internal struct ReadStatistics
{
    private long _hits;
    private long _misses;

    public readonly long Hits => Volatile.Read(in _hits);

    public readonly long Misses => Volatile.Read(in _misses);

    public void Hit() => Interlocked.Increment(ref _hits);

    public void Missed() => Interlocked.Increment(ref _misses);
}
