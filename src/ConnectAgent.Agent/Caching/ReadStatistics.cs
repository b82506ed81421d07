namespace ConnectAgent.Agent.Caching;

/// <summary>How one entry was read; counted without locks, shown by the inspection view.</summary>
internal sealed class ReadStatistics
{
    private long _hits;
    private long _misses;

    public long Hits => Volatile.Read(ref _hits);

    public long Misses => Volatile.Read(ref _misses);

    public void Hit() => Interlocked.Increment(ref _hits);

    public void Missed() => Interlocked.Increment(ref _misses);
}
