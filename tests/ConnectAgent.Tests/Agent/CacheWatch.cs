using ConnectAgent.Caching;

namespace ConnectAgent.Tests.Agent;

/// <summary>Lets a test hear what the cache stores, beside whoever else does.</summary>
internal sealed class CacheWatch : ICacheObserver
{
    public Action<CacheEntry> OnStored { get; set; } = static _ => { };

    public void Stored(CacheEntry entry) => OnStored(entry);

    public void Removed(CacheEntry entry)
    {
    }
}
