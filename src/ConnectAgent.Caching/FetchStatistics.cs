namespace ConnectAgent.Caching;

/// <summary>What one refresh loop has done; counted without locks, shown by the inspection view.</summary>
internal struct FetchStatistics
{
    private long _count;
    private long _lastErrorAt;
    private long _nextAttemptAt;

    public readonly long Count => Volatile.Read(in _count);

    public readonly DateTimeOffset? LastErrorAt => Time(Volatile.Read(in _lastErrorAt));

    /// <summary>When the refresh tries again; null while it does not wait.</summary>
    public readonly DateTimeOffset? NextAttemptAt => Time(Volatile.Read(in _nextAttemptAt));

    public void Fetched() => Interlocked.Increment(ref _count);

    public void Failed(DateTimeOffset at) => Volatile.Write(ref _lastErrorAt, at.UtcTicks);

    public void Sleeps(DateTimeOffset? until) => Volatile.Write(ref _nextAttemptAt, until?.UtcTicks ?? 0);

    private static DateTimeOffset? Time(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
}
