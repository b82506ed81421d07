using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Caching;

/// <summary>What a request must tell the cache.</summary>
/// <param name="Datacenter">After defaulting, never empty.</param>
/// <param name="Token">After defaulting; may be empty.</param>
internal abstract record CacheRequest(string Datacenter, string Token)
{
    /// <summary>The fields, besides token and datacenter, that change the answer.</summary>
    public abstract string Key { get; }

    /// <summary>
    /// What the token must be allowed, for the entry to be kept and given out (acl ACL-SEC-2); none: any token that exists will do. Null for what is
    /// public, where no token is looked at (TOKC-4).
    /// </summary>
    public virtual IReadOnlyList<AclQuestion>? Needs => null;

    /// <summary>Whether the entry needs no right to be made: the first to go when room is needed.</summary>
    public virtual bool IsCheap => false;

    /// <summary>Whether the entry counts against the token's bound; what the agent itself depends on does not.</summary>
    public virtual bool CountsForToken => true;
}

/// <summary>A cache type: how to fetch and how to key; the engine does all the rest (agent-cache CACHE-1). Many are registered.</summary>
/// <typeparam name="TRequest">What is asked.</typeparam>
/// <typeparam name="TValue">What is cached; immutable, because all readers of an entry share it (CACHE-5).</typeparam>
internal abstract class CacheKind<TRequest, TValue>
    where TRequest : CacheRequest
    where TValue : class
{
    /// <summary>The reference's name of the type; part of the key, of metrics and of the inspection view.</summary>
    public abstract string Name { get; }

    /// <summary>Time limit of one blocking fetch, and how long a reader's wait counts as being in flight (LEAF-55). Default 10 min.</summary>
    public virtual TimeSpan FetchWait => TimeSpan.FromMinutes(10);

    /// <summary>Whether an entry is kept fresh in the background; else it is fetched when a reader asks for it (CACHE-1).</summary>
    public virtual bool Refreshes => true;

    /// <summary>Whether fetches carry an index, so that readers may block (CACHE-1).</summary>
    public virtual bool Blocks => true;

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
    public virtual IReadOnlyList<AclQuestion>? NeedsFor(TRequest request, TValue value) => request.Needs;

    /// <summary>For kinds that do not block: whether two values say the same, whatever objects they are (CACHE-37).</summary>
    public virtual bool MeansTheSame(TValue one, TValue other) => one.Equals(other);

    /// <summary>How much memory the value takes, in bytes, within a fifth. Pure and quick: asked once for each new value.</summary>
    public abstract long SizeOf(TValue value);

    /// <summary>Whether the value says nothing that anybody has written: the first to go when room is needed, and not worth sealing.</summary>
    public virtual bool IsEmpty(TValue value) => false;

    /// <summary>For kinds whose values are leaves; for the inspection view.</summary>
    public virtual LeafView? DescribeLeaf(TValue value, FetchState state) => null;

    /// <summary>Told of each value with a new index before it is stored.</summary>
    public virtual void Arrived(TRequest request, TValue value)
    {
    }

    /// <summary>Fetches once; single flight per entry (CACHE-12, CACHE-15).</summary>
    /// <param name="context">What the entry holds and how long the fetch may hold.</param>
    /// <param name="cancellationToken">The end of the entry, never of one reader.</param>
    /// <returns>The value with its index; null when nothing changed within the wait.</returns>
    public abstract Task<ServerRead<TValue>?> FetchAsync(FetchContext<TRequest, TValue> context, CancellationToken cancellationToken);
}

/// <summary>What one fetch starts from.</summary>
/// <param name="Request">The request that made the entry.</param>
/// <param name="Value">The value held; null on the first fetch and when the refresh starts over.</param>
/// <param name="Index">The index of the value held; 0 asks for an answer at once.</param>
/// <param name="State">An object of the kind's own that lives as long as the entry.</param>
internal readonly record struct FetchContext<TRequest, TValue>(TRequest Request, TValue? Value, ulong Index, FetchState State);

/// <summary>Holds what a kind wants to remember between two fetches of one entry; only the running fetch changes it.</summary>
internal sealed class FetchState
{
    private object? _value;
    private TaskCompletionSource? _sleeper;
    private int _forced;
    private int _hurried;

    /// <summary>Whether a reader wants the running fetch to look now (see <see cref="CacheKind{TRequest, TValue}.Revalidates"/>).</summary>
    public bool IsHurried => Volatile.Read(ref _hurried) == 1;

    public T Get<T>()
        where T : class, new() => (T)(_value ??= new T());

    /// <summary>What is there, for those who only look.</summary>
    public T? Peek<T>()
        where T : class => _value as T;

    /// <summary>What a reader in a hurry completes, at once if there is one; null for none.</summary>
    /// <param name="sleeper">Its continuations must run asynchronously.</param>
    public void SleepOn(TaskCompletionSource? sleeper)
    {
        Interlocked.Exchange(ref _sleeper, sleeper);
        if (IsHurried)
        {
            sleeper?.TrySetResult();
        }
    }

    /// <summary>A reader does not want to wait for what the fetch waits for.</summary>
    public void Hurry()
    {
        Interlocked.Exchange(ref _hurried, 1);
        Volatile.Read(ref _sleeper)?.TrySetResult();
    }

    /// <summary>A new fetch begins, which nobody hurries yet.</summary>
    public void Calm() => Volatile.Write(ref _hurried, 0);

    /// <summary>An operator wants a new value.</summary>
    public void Force() => Volatile.Write(ref _forced, 1);

    /// <summary>Whether one is wanted; asked once.</summary>
    public bool TakeForce() => Interlocked.Exchange(ref _forced, 0) == 1;
}
