namespace ConnectAgent.Caching;

/// <summary>
/// Hears of every change of what the cache holds, in the order of the changes. Any number are registered; they are told one after the other, under a
/// lock of the cache, and must not call it back.
/// </summary>
internal interface ICacheObserver
{
    /// <summary>An entry that is in the cache has got another value, or lost the one it had.</summary>
    void Stored(CacheEntry entry);

    /// <summary>An entry is out of the cache, a shutdown aside.</summary>
    void Removed(CacheEntry entry);
}
