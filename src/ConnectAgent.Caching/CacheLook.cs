namespace ConnectAgent.Caching;

/// <summary>Whether what an entry holds satisfies a reader, and what it is answered then. Waits for nothing and changes nothing.</summary>
internal static class CacheLook
{
    /// <summary>The first look (CACHE-7); null when the reader has to wait.</summary>
    public static CacheAnswer<TValue>? First<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind,
        TRequest request,
        CacheEntry<TRequest, TValue> entry,
        CacheSnapshot<TValue> snapshot,
        CacheRead read)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (snapshot.Value is null || !kind.IsUsable(snapshot.Value) || (read.Query.Blocks && read.Query.Index >= snapshot.Index))
        {
            return null;
        }

        if (!kind.Refreshes)
        {
            return IsYoungEnough(entry, snapshot, read) ? Answer(entry, snapshot, hit: true) : null;
        }

        if (read.Query.Blocks || !kind.Revalidates || entry.Feed.IsWatched())
        {
            return Answer(entry, snapshot, hit: true);
        }

        return kind.IsCurrent(request, snapshot.Value) ? Answer(entry, snapshot, hit: false) : null;
    }

    // CACHE-7: a fetch in flight makes the value count as current.
    private static bool IsYoungEnough<TRequest, TValue>(CacheEntry<TRequest, TValue> entry, CacheSnapshot<TValue> snapshot, CacheRead read)
        where TRequest : CacheRequest
        where TValue : class =>
        !(read.MaxAge is { } most && most > TimeSpan.Zero && entry.Feed.AgeOf(snapshot) > most) && (!read.MustRevalidate || entry.Feed.IsFetching);

    /// <summary>Whether a reader who has waited is satisfied (CACHE-8, CACHE-18).</summary>
    /// <param name="began">The version when the wait began.</param>
    /// <param name="asked">The version that a fetch was asked to replace.</param>
    public static bool Satisfies<TValue>(CacheSnapshot<TValue> snapshot, CacheRead read, long began, long asked)
        where TValue : class =>
        snapshot.Value is not null && (snapshot.WentBackAt > began || (read.Query.Blocks
            ? read.Query.Index < snapshot.Index
            : snapshot.Error is null && snapshot.Version != asked));

    public static CacheAnswer<TValue> Answer<TRequest, TValue>(
        CacheEntry<TRequest, TValue> entry, CacheSnapshot<TValue> snapshot, bool hit)
        where TRequest : CacheRequest
        where TValue : class =>
        new(snapshot.Value!, snapshot.Index, hit, entry.Feed.AgeOf(snapshot), entry.Feed.IsInContact(snapshot));
}
