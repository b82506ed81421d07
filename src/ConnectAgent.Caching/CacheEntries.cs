using System.Collections.Concurrent;

namespace ConnectAgent.Caching;

/// <summary>Finds the entries of the cache, and makes those that are not there, each with a feed of its own or with one that it shares (CACHE-30).</summary>
internal sealed class CacheEntries(CacheStore store, CacheContext context)
{
    private readonly ConcurrentDictionary<CacheKey, object> _sharedFeeds = new();

    /// <summary>The entry of a key given in parts, if it is there; nothing is made, waited for or counted.</summary>
    public CacheEntry<TRequest, TValue>? Find<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, string datacenter, string token, ReadOnlySpan<char> key)
        where TRequest : CacheRequest
        where TValue : class =>
        store.Find(new CacheLookup(kind.Name, datacenter, token, key)) is CacheEntry<TRequest, TValue> { IsStopped: false } entry ? entry : null;

    /// <summary>The entry of a request, if it is there.</summary>
    public CacheEntry<TRequest, TValue>? Find<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class => store.Find(LookupOf(kind, request)) is CacheEntry<TRequest, TValue> { IsStopped: false } found ? found : null;

    /// <summary>The entry of a request, made if it is not there.</summary>
    /// <exception cref="Protocol.Errors.ServerException">There is no room for it.</exception>
    public CacheEntry<TRequest, TValue> GetOrAdd<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class => (CacheEntry<TRequest, TValue>)store.FindOrAdd(
            LookupOf(kind, request), added => new CacheEntry<TRequest, TValue>(kind, request, added, FeedOf(kind, request, added))
            {
                CountsForToken = request.CountsForToken,
                IsCheap = request.IsCheap,
                PaysForValue = kind.FedBy(request) is not { } shared || shared == request,
            });

    /// <summary>A feed has ended: whoever shares it next starts another one.</summary>
    public void Ended(CacheKey key, object feed) => _sharedFeeds.TryRemove(KeyValuePair.Create(key, feed));

    private static CacheLookup LookupOf<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request)
        where TRequest : CacheRequest
        where TValue : class => new(kind.Name, request.Datacenter, request.Token, request.Key);

    // Called under the store's gate, as the end of a last member is: a shared feed is not ended between being found and being joined.
    private CacheFeed<TRequest, TValue> FeedOf<TRequest, TValue>(CacheKind<TRequest, TValue> kind, TRequest request, CacheKey key)
        where TRequest : CacheRequest
        where TValue : class
    {
        CacheFeed<TRequest, TValue> Make(TRequest asked, CacheKey of) => new(kind, asked, of, context);
        return kind.FedBy(request) is { } shared
            ? (CacheFeed<TRequest, TValue>)_sharedFeeds.AddOrUpdate(
                LookupOf(kind, shared).ToKey(),
                of => Make(shared, of),
                (of, held) => ((CacheFeed<TRequest, TValue>)held).IsStopped ? Make(shared, of) : held)
            : Make(request, key);
    }
}
