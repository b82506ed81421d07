namespace ConnectAgent.Agent.Caching;

/// <summary>What one entry has seen; counted without locks, read by the inspection view.</summary>
internal sealed class EntryStatistics
{
    private long _hits;
    private long _misses;
    private long _fetches;
    private long _errors;
    private long _lastErrorAt;
    private long _nextAttemptAt;

    public long Hits => Volatile.Read(ref _hits);

    public long Misses => Volatile.Read(ref _misses);

    public long Fetches => Volatile.Read(ref _fetches);

    public long Errors => Volatile.Read(ref _errors);

    public DateTimeOffset? LastErrorAt => Time(Volatile.Read(ref _lastErrorAt));

    /// <summary>When the refresh tries again; null while it does not wait.</summary>
    public DateTimeOffset? NextAttemptAt => Time(Volatile.Read(ref _nextAttemptAt));

    public void Hit() => Interlocked.Increment(ref _hits);

    public void Missed() => Interlocked.Increment(ref _misses);

    public void Fetched() => Interlocked.Increment(ref _fetches);

    public void Failed(DateTimeOffset at)
    {
        Interlocked.Increment(ref _errors);
        Volatile.Write(ref _lastErrorAt, at.UtcTicks);
    }

    public void Sleeps(DateTimeOffset? until) => Volatile.Write(ref _nextAttemptAt, until?.UtcTicks ?? 0);

    private static DateTimeOffset? Time(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
}
