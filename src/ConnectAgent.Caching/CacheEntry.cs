using System.Buffers;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Caching;

/// <summary>An entry as the store sees it.</summary>
internal abstract class CacheEntry(CacheKey key)
{
    /// <summary>The slot of a queue that it does not stand in.</summary>
    public const int Nowhere = -1;

    // Measured (docs/performance.md), beside key and value: an entry with the feed, the loop and the query that it holds, and one that shares a feed.
    private const long OwnFeed = 2_300;
    private const long SharedFeed = 400;

    // Further than any two timestamps are from each other.
    private const long CarriesSomething = 1L << 61;

    private ReadStatistics _reads;
    private int _slotOfAll = Nowhere;
    private int _slotOfToken = Nowhere;
    private int _slotOfEmpty = Nowhere;
    private bool _isAside;
    private int _waiters;
    private bool _isRead;
    private long _lastReadAt;

    public CacheKey Key { get; } = key;

    /// <summary>What made the entry.</summary>
    public abstract CacheRequest Request { get; }

    /// <summary>What its token must be allowed for it to be kept; null for what is public.</summary>
    public abstract IReadOnlyList<AccessRequest>? Needs { get; }

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

    /// <summary>Whether anybody can have it made, without any right.</summary>
    public bool IsCheap { get; init; }

    /// <summary>Whether nothing would be lost with it: it has a small part of the cache only, and is not worth sealing.</summary>
    public abstract bool CarriesNothing { get; }

    /// <summary>Whether it goes before all others when room is needed, because such as it can be made up by the thousand.</summary>
    public abstract bool GoesFirst { get; }

    /// <summary>Whether value and feed are counted here; what is shared is counted once.</summary>
    public bool PaysForValue { get; init; } = true;

    /// <summary>Of the value, as far as it is counted. Changed by the store alone, as is what follows.</summary>
    public long ValueBytes { get; set; }

    /// <summary>What it takes of a bound on bytes.</summary>
    /// <remarks>The request spells once more what the key is made of.</remarks>
    public long Weight => (PaysForValue ? OwnFeed : SharedFeed) + Key.Bytes + (sizeof(char) * (long)Key.Request.Length) + ValueBytes;

    /// <summary>Whether it carried nothing when the store last looked.</summary>
    public bool CountsAsEmpty { get; set; }

    /// <summary>Where it stood when the store last looked; the least goes first.</summary>
    public long Rank { get; set; }

    /// <summary>Whether it stands in no queue because somebody waits on it.</summary>
    public bool IsSetAside => Volatile.Read(ref _isAside);

    /// <summary>Whether it counts against its token's bound.</summary>
    public bool CountsForToken { get; init; } = true;

    public void Park() => Interlocked.Increment(ref _waiters);

    /// <summary>Ends a wait.</summary>
    /// <returns>Whether it was the last one, and the store has to take the entry back into its queues.</returns>
    public bool Unpark() => Interlocked.Decrement(ref _waiters) == 0 && IsSetAside;

    /// <summary>Takes it out of its queues if somebody waits on it. Whoever stops waiting looks at the mark behind the count, this the other way round.</summary>
    public bool TrySetAside()
    {
        if (Waiters == 0)
        {
            return false;
        }

        Interlocked.Exchange(ref _isAside, true);
        return Waiters > 0 || !TryReturn();
    }

    /// <summary>Whether it has to go back into its queues; asked once.</summary>
    public bool TryReturn() => Waiters == 0 && Interlocked.Exchange(ref _isAside, false);

    /// <summary>Where it stands in a queue.</summary>
    public ref int Slot(int place)
    {
        if (place == 0)
        {
            return ref _slotOfAll;
        }

        return ref place == 1 ? ref _slotOfToken : ref _slotOfEmpty;
    }

    /// <summary>Where it would stand now: by what it carries, then by the last read.</summary>
    public long PresentRank() => LastReadAt + (GoesFirst ? 0 : CarriesSomething);

    /// <summary>
    /// Whether nobody has read the entry yet; asked once. Such a read is a miss although a shared value may be there (CACHE-39: whether others
    /// have read it must not show).
    /// </summary>
    public bool IsFirstRead() => !Volatile.Read(ref _isRead) && !Interlocked.Exchange(ref _isRead, true);

    /// <summary>Ends the entry and wakes whoever waits on it.</summary>
    public abstract void Stop();

    /// <summary>Wakes all waiters so that they look again.</summary>
    public abstract void Pulse();

    /// <summary>For the inspection endpoint: <c>fresh</c>, <c>scheduled</c>, <c>refreshing</c>, <c>failing</c> or <c>restored</c>.</summary>
    public abstract string State { get; }

    /// <summary>For the inspection view; touches nothing.</summary>
    public abstract EntryFacts Facts();

    /// <summary>Writes what it takes to put the entry back in another life of the agent.</summary>
    /// <returns>False when there is nothing to keep.</returns>
    public abstract bool TrySeal(IBufferWriter<byte> payload, TimeProvider clock);
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

    public override IReadOnlyList<AccessRequest>? Needs => Current.Value is { } value ? _kind.NeedsFor(Request, value) : Request.Needs;

    public CacheFeed<TRequest, TValue> Feed { get; }

    public override ref FetchStatistics Fetches => ref Feed.Statistics;

    public override bool IsStopped => Volatile.Read(ref _stopped) || Feed.IsStopped;

    public CacheSnapshot<TValue> Current => Feed.Current;

    // Without a value and without an error it is about to get one.
    public override bool CarriesNothing =>
        IsCheap || (Current is var held && (held.Value is { } value ? _kind.IsEmpty(value) : held.Error is not null));

    public override bool GoesFirst =>
        IsCheap || (Current is var held && (held.Value is { } value ? _kind.IsGeneral(Request, value) : held.Error is not null));

    public override void Stop()
    {
        Volatile.Write(ref _stopped, true);
        Feed.Detach(this);
    }

    public override void Pulse() => Feed.Pulse();

    public override string State => Current switch
    {
        { Error: not null } => "failing",
        { Value: null } => "refreshing",
        { IsRestored: true } => "restored",
        _ => Feed.IsScheduled ? "scheduled" : "fresh",
    };

    public override EntryFacts Facts()
    {
        var snapshot = Current;
        return new EntryFacts(
            snapshot.Index,
            snapshot.Value is null ? TimeSpan.Zero : Feed.AgeOf(snapshot),
            snapshot.Error?.Message,
            snapshot.Value is null ? null : _kind.Describe(snapshot.Value, Feed.State));
    }

    public override bool TrySeal(IBufferWriter<byte> payload, TimeProvider clock)
    {
        if (Current is not { Value: { } value } snapshot || _kind.Sealing is not { } codec)
        {
            return false;
        }

        var now = clock.GetUtcNow();
        var head = new SealedHead
        {
            Kind = Key.Kind,
            Datacenter = Key.Datacenter,
            Token = Key.Token,
            Index = snapshot.Index,
            FetchedAt = now - Feed.AgeOf(snapshot),
            LastRead = now - clock.GetElapsedTime(LastReadAt),
        };
        codec.Write(payload, head, Request, value);
        return true;
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
