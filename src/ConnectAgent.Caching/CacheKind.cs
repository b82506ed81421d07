using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Caching;

/// <summary>A cache type, as far as it can be named without knowing what it holds.</summary>
internal abstract class CacheKind
{
    /// <summary>The reference's name of the type; part of the key, of metrics, of the sealed file and of the inspection view.</summary>
    public abstract string Name { get; }

    /// <summary>Puts an entry back.</summary>
    /// <param name="cache">Where to.</param>
    /// <param name="payload">What was sealed of it.</param>
    /// <param name="origin">When and where it came from.</param>
    /// <returns>False when it is no entry of this kind, or past its end.</returns>
    /// <exception cref="System.Text.Json.JsonException">It cannot be read.</exception>
    /// <exception cref="Protocol.Errors.ServerException">There is no room for it.</exception>
    public abstract bool TryRestore(AgentCache cache, ReadOnlySpan<byte> payload, RestoredOrigin origin);
}

/// <summary>A cache type: how to fetch, how to key and how to seal; the engine does all the rest (agent-cache CACHE-1). Many are registered.</summary>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TValue">What is cached; immutable, because all readers of an entry share it (CACHE-5).</typeparam>
internal abstract class CacheKind<TRequest, TValue> : CacheKind
    where TRequest : CacheRequest
    where TValue : class
{
    /// <summary>Time limit of one blocking fetch, and how long a reader's wait counts as being in flight (LEAF-55). Default 10 min.</summary>
    public virtual TimeSpan FetchWait => TimeSpan.FromMinutes(10);

    /// <summary>Whether an entry is kept fresh in the background; else it is fetched when a reader asks for it (CACHE-1).</summary>
    public virtual bool Refreshes => true;

    /// <summary>Whether fetches carry an index, so that readers may block (CACHE-1).</summary>
    public virtual bool Blocks => true;

    /// <summary>Whether its fetches are limited (CACHE-20), which spares the servers.</summary>
    public virtual bool IsPaced => true;

    /// <summary>Whether <c>Age</c> counts from the fetch; else it is 0 while the servers are in contact (CACHE-27).</summary>
    public virtual bool AgesFromFetch => !Refreshes;

    /// <summary>Whether each read without an index looks at the value again before it is used (CACHE-42's leaf row). Default no.</summary>
    public virtual bool Revalidates => false;

    /// <summary>For kinds that revalidate: whether the value may still be given out as it is. Pure and quick; no I/O.</summary>
    public virtual bool IsCurrent(TRequest request, TValue value) => true;

    /// <summary>Whether the value may be given out at all, whoever asks and however old it is. Pure and quick; no I/O.</summary>
    public virtual bool IsUsable(TValue value) => true;

    /// <summary>
    /// The request whose one feed serves this one, too, because no token and no other part of the key changes the answer (CACHE-30). Null: the
    /// entry has a feed of its own.
    /// </summary>
    public virtual TRequest? FedBy(TRequest request) => null;

    /// <summary>
    /// What the token must be allowed, for the servers to give it just this value. More than <see cref="CacheRequest.Needs"/> where the servers leave
    /// out what it has no right to: when one of these goes, so does the value, and the next one is without it (acl ACL-SEC-2, ACL-SEC-3).
    /// </summary>
    public virtual IReadOnlyList<AccessRequest>? NeedsFor(TRequest request, TValue value) => request.Needs;

    /// <summary>How much memory the value takes, in bytes, within a fifth. Pure and quick: asked once for each new value.</summary>
    public abstract long SizeOf(TValue value);

    /// <summary>Whether the value says nothing that anybody has written: the first to go when room is needed, and not worth sealing.</summary>
    public virtual bool IsEmpty(TValue value) => false;

    /// <summary>
    /// Whether the value says nothing about what was asked in particular, only what holds for everything: whoever makes names up gets any number of
    /// such, so they are the first to go when room is needed, as those that say nothing are. Unlike those they are sealed.
    /// </summary>
    public virtual bool IsGeneral(TRequest request, TValue value) => IsEmpty(value);

    /// <summary>How its entries are kept over a restart; null: they are not.</summary>
    public virtual SealedCodec<TRequest, TValue>? Sealing => null;

    /// <summary>What operators want to know of a value beside what the inspection endpoint shows of each entry; null: nothing.</summary>
    public virtual object? Describe(TValue value, FetchState state) => null;

    /// <summary>Told of each value with a new index before it is stored.</summary>
    public virtual void Arrived(TRequest request, TValue value)
    {
    }

    /// <summary>Whether the next fetch is due at a time of the kind's own (<see cref="DueAsync"/>), not at the servers' next change. Default no.</summary>
    public virtual bool IsScheduled => false;

    /// <summary>For kinds that are scheduled: completes when the value must be looked at again. No fetch is in flight meanwhile.</summary>
    /// <param name="context">What the entry holds; a reader in a hurry completes what sleeps on its state.</param>
    /// <param name="cancellationToken">The end of the entry.</param>
    public virtual Task DueAsync(FetchContext<TRequest, TValue> context, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Fetches once; single flight per entry (CACHE-12, CACHE-15).</summary>
    /// <param name="context">What the entry holds and how long the fetch may hold.</param>
    /// <param name="cancellationToken">The end of the entry, never of one reader.</param>
    /// <returns>The value with its index; null when nothing changed within the wait.</returns>
    public abstract Task<ServerRead<TValue>?> FetchAsync(FetchContext<TRequest, TValue> context, CancellationToken cancellationToken);

    public sealed override bool TryRestore(AgentCache cache, ReadOnlySpan<byte> payload, RestoredOrigin origin)
    {
        if (Sealing?.Read(payload) is not { } held || !IsUsable(held.Value))
        {
            return false;
        }

        cache.Restore(this, held.Request, held.Value, origin);
        return true;
    }
}
