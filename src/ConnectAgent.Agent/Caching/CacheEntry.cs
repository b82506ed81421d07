using ConnectAgent.Agent.Persistence;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Agent.Caching;

/// <summary>An entry as the store sees it.</summary>
internal abstract class CacheEntry(CacheKey key)
{
    private ReadStatistics _reads;
    private int _waiters;
    private int _isRead;
    private long _lastReadAt;

    public CacheKey Key { get; } = key;

    /// <summary>What made the entry.</summary>
    public abstract CacheRequest Request { get; }

    /// <summary>What its token must be allowed for it to be kept; null for what is public.</summary>
    public abstract IReadOnlyList<AclQuestion>? Needs { get; }

    public int Waiters => Volatile.Read(ref _waiters);

    /// <summary>A timestamp of the clock; orders entries by their last read.</summary>
    public long LastReadAt
    {
        get => Volatile.Read(ref _lastReadAt);
        set => Volatile.Write(ref _lastReadAt, value);
    }

    public ref ReadStatistics Reads => ref _reads;

    public abstract ref FetchStatistics Fetches { get; }

    public abstract bool IsStopped { get; }

    /// <summary>Whether anybody can have it made, without any right: the first to go when room is needed.</summary>
    public bool IsCheap { get; init; }

    /// <summary>Whether it counts against its token's bound.</summary>
    public bool CountsForToken { get; init; } = true;

    public void Park() => Interlocked.Increment(ref _waiters);

    public void Unpark() => Interlocked.Decrement(ref _waiters);

    /// <summary>
    /// Whether nobody has read the entry yet; asked once. Such a read is a miss although a shared value may be there (CACHE-39: whether others
    /// have read it must not show).
    /// </summary>
    public bool IsFirstRead() => Volatile.Read(ref _isRead) == 0 && Interlocked.Exchange(ref _isRead, 1) == 0;

    /// <summary>Ends the entry and wakes whoever waits on it.</summary>
    public abstract void Stop();

    /// <summary>Wakes all waiters so that they look again.</summary>
    public abstract void Pulse();

    /// <summary>For the inspection view; touches nothing.</summary>
    public abstract EntryFacts Facts();

    /// <summary>For sealing: request, value (null without one), index, and the age of the value.</summary>
    public abstract (object Request, object? Value, ulong Index, TimeSpan Age) Content();
}

/// <summary>What one partition has of a value: its key, who reads it and when it goes. The value and its refresh are the feed's.</summary>
internal sealed class CacheEntry<TRequest, TValue> : CacheEntry
    where TRequest : CacheRequest
    where TValue : class
{
    private readonly CacheKind<TRequest, TValue> _kind;
    private bool _stopped;

    public CacheEntry(CacheKind<TRequest, TValue> kind, TRequest request, CacheKey key, CacheFeed<TRequest, TValue> feed)
        : base(key)
    {
        (_kind, Request, Feed) = (kind, request, feed);
        feed.Attach(this);
    }

    public override TRequest Request { get; }

    public override IReadOnlyList<AclQuestion>? Needs => Current.Value is { } value ? _kind.NeedsFor(Request, value) : Request.Needs;

    public CacheFeed<TRequest, TValue> Feed { get; }

    public override ref FetchStatistics Fetches => ref Feed.Statistics;

    public override bool IsStopped => Volatile.Read(ref _stopped) || Feed.IsStopped;

    public CacheSnapshot<TValue> Current => Feed.Current;

    public override void Stop()
    {
        Volatile.Write(ref _stopped, true);
        Feed.Detach(this);
    }

    public override void Pulse() => Feed.Pulse();

    public override EntryFacts Facts()
    {
        var snapshot = Current;
        var state = snapshot switch
        {
            { Error: not null } => "failing",
            { Value: null } => "refreshing",
            { IsRestored: true } => "restored",
            _ => "fresh",
        };
        return new EntryFacts(
            state,
            snapshot.Index,
            snapshot.Value is null ? TimeSpan.Zero : Feed.AgeOf(snapshot),
            snapshot.Error?.Message,
            snapshot.Value is null ? 0 : _kind.SizeOf(snapshot.Value),
            snapshot.Value is null ? null : _kind.DescribeLeaf(snapshot.Value, Feed.State));
    }

    public override (object Request, object? Value, ulong Index, TimeSpan Age) Content()
    {
        var snapshot = Current;
        return (Request, snapshot.Value, snapshot.Index, snapshot.Value is null ? TimeSpan.Zero : Feed.AgeOf(snapshot));
    }

    /// <summary>Takes a value from the sealed file; it has been read in another life of the agent.</summary>
    /// <param name="lastReadAt">A timestamp of the clock.</param>
    public void Restore(TValue value, RestoredOrigin origin, long lastReadAt)
    {
        IsFirstRead();
        LastReadAt = lastReadAt;
        Feed.Restore(value, origin);
    }
}
