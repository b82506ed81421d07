using System.Runtime.CompilerServices;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Caching;

/// <summary>Reads values out of the cache, and waits for those that are not there or not new enough (CACHE-6 to CACHE-14).</summary>
internal sealed class CacheReader(CacheEntries entries, CacheStore store, ICacheGate gate, CacheContext context)
{
    private readonly UnknownTokens _unknown = new();

    /// <summary>Reads a value; the engine of CACHE-6 to CACHE-14.</summary>
    /// <param name="kind">What is read.</param>
    /// <param name="request">Which one, and on whose behalf.</param>
    /// <param name="read">Whether and how long to block.</param>
    /// <param name="cancellationToken">The caller going away; the fetch goes on for the others.</param>
    /// <exception cref="ServerException">
    /// What the fetch failed with: for readers without a value, and at once for readers that block on the current one (CACHE-9);
    /// <see cref="FailureKind.RateLimited"/> when a bound of the cache is reached.
    /// </exception>
    public ValueTask<CacheAnswer<TValue>> GetAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheRead read, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (!kind.Blocks)
        {
            read = read with { Query = read.Query with { Index = 0 } };
        }

        if (entries.Find(kind, request) is { } entry)
        {
            if (CacheLook.First(kind, request, entry, entry.Current, read) is { } look)
            {
                return new ValueTask<CacheAnswer<TValue>>(Counted(kind, entry, look));
            }
        }
        else if (PartitionOf(request) is var partition && partition != request)
        {
            var shared = GetAsync(kind, partition, read, cancellationToken);
            return _unknown.IsFirstRead(request) ? MissAsync(shared) : shared;
        }

        return new ValueTask<CacheAnswer<TValue>>(WaitAsync(kind, request, read, cancellationToken));
    }

    /// <summary>A read without an index of an entry that is there, as <see cref="GetAsync"/> makes it.</summary>
    /// <returns>False, and nothing is counted, when the reader would have to wait.</returns>
    public bool TryRead<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, CacheEntry<TRequest, TValue> entry, out CacheAnswer<TValue> answer)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (CacheLook.First(kind, entry.Request, entry, entry.Current, default) is { } look)
        {
            answer = Counted(kind, entry, look);
            return true;
        }

        answer = default;
        return false;
    }

    /// <summary>
    /// Completes when the value's index, or whether the servers are in contact, differs from what was seen; errors aside. For another kind that
    /// depends on this one (leaf-certificates LEAF-70, LEAF-82).
    /// </summary>
    public async Task ChangedAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheAnswer<TValue> seen, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        for (var failures = 0; ;)
        {
            var entry = entries.GetOrAdd(kind, request);
            entry.Park();
            try
            {
                var changed = entry.Feed.Changed;
                var snapshot = entry.Current;
                entry.LastReadAt = context.Clock.GetTimestamp();
                if (snapshot.Value is not null && (snapshot.Index != seen.Index || entry.Feed.IsInContact(snapshot) != seen.InContact))
                {
                    return;
                }

                if (!entry.IsStopped)
                {
                    if (snapshot.Value is null)
                    {
                        entry.Feed.EnsureFetch(snapshot.Version, hurry: false);
                    }

                    await changed.WaitAsync(cancellationToken);
                }

                failures = entry.IsStopped ? failures + 1 : 0;
            }
            finally
            {
                store.Unpark(entry);
            }

            // An entry that goes as fast as it is made again, because the servers are unreachable, must not spin this loop.
            var pause = RefreshBackoff.Pause(failures, context.Random.NextDouble());
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, context.Clock, cancellationToken);
            }
        }
    }

    private static async ValueTask<CacheAnswer<TValue>> MissAsync<TValue>(ValueTask<CacheAnswer<TValue>> answer) => await answer with { Hit = false };

    /// <summary>Whoever makes tokens up makes no entries with them (acl ACL-SEC-9): for what is public, all that are unknown are one.</summary>
    private TRequest PartitionOf<TRequest>(TRequest request)
        where TRequest : CacheRequest => gate.IsUnknown(request) ? (TRequest)((CacheRequest)request with { Token = TokenText.Unknown }) : request;

    private CacheAnswer<TValue> Counted<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, CacheEntry<TRequest, TValue> entry, CacheAnswer<TValue> look)
        where TRequest : CacheRequest
        where TValue : class
    {
        look = look with { Hit = !entry.IsFirstRead() && look.Hit };
        if (look.Hit)
        {
            entry.Reads.Hit();
            context.Metrics.Hit(kind.Name);
        }
        else
        {
            entry.Reads.Missed();
            context.Metrics.Missed(kind.Name, blocking: false);
        }

        return look;
    }

    private async Task<CacheAnswer<TValue>> WaitAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheRead read, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        var start = context.Clock.GetTimestamp();
        var entry = entries.Find(kind, request);
        if (entry is null)
        {
            // ACL-SEC-9: no caller can forget it.
            await gate.RequireAsync(request, cancellationToken);
            entry = entries.GetOrAdd(kind, request);
        }

        entry.IsFirstRead();
        entry.Reads.Missed();
        context.Metrics.Missed(kind.Name, read.Query.Blocks);
        var began = entry.Current.Version;
        var asked = -1L;
        var first = true;

        CacheAnswer<TValue> answer;

        // Taken only by who is about to park, who then looks once more: nothing is left behind in entries that nobody waits on.
        Task? changed = null;
        while (true)
        {
            var snapshot = entry.Current;
            entry.LastReadAt = context.Clock.GetTimestamp();
            if (snapshot.Value is { } value && !kind.IsUsable(value))
            {
                snapshot = snapshot with { Value = null };
            }

            if (!first)
            {
                if (CacheLook.Satisfies(snapshot, read, began, asked))
                {
                    answer = CacheLook.Answer(entry, snapshot, hit: false);
                    break;
                }

                if (snapshot.Error is { } error && snapshot.Version != began)
                {
                    // CACHE-41: the old value only for who said so.
                    answer = read.StaleIfError is { } stale && snapshot.Value is not null && entry.Feed.AgeOf(snapshot) < stale
                        ? CacheLook.Answer(entry, snapshot, hit: true)
                        : throw error.ToThrow();
                    break;
                }
            }
            else if (CacheLook.First(kind, request, entry, snapshot, read) is { } look)
            {
                answer = look with { Hit = false };
                break;
            }

            if (read.Query.Blocks && snapshot.Value is not null)
            {
                entry.Feed.Watch(snapshot.Version);
            }

            var left = Left(read, start, hasValue: snapshot.Value is not null);
            if (left <= TimeSpan.Zero || (context.IsClosing() && snapshot.Value is not null))
            {
                answer = snapshot.Value is not null
                    ? CacheLook.Answer(entry, snapshot, hit: false)
                    : throw new ServerException(FailureKind.Failed, "timed out waiting for the first value");
                break;
            }

            if (entry.IsStopped)
            {
                // It went while we waited (CACHE-32): start over with a new one, if the token may still have it.
                await gate.RequireAsync(request, cancellationToken);
                request = PartitionOf(request);
                entry = entries.GetOrAdd(kind, request);
                entry.IsFirstRead();
                (began, asked, first, changed) = (entry.Current.Version, -1, true, null);
                continue;
            }

            if (changed is null)
            {
                changed = entry.Feed.Changed;
                continue;
            }

            // A fetch that is already holding for a change is the one a blocking reader waits for.
            if (snapshot.Value is null || snapshot.Error is not null || !read.Query.Blocks || !kind.Refreshes)
            {
                asked = snapshot.Version;
                entry.Feed.EnsureFetch(snapshot.Version, hurry: kind.Revalidates && (!read.Query.Blocks || snapshot.Value is null));
            }

            entry.Park();
            await Change(changed, left, cancellationToken);
            store.Unpark(entry);
            cancellationToken.ThrowIfCancellationRequested();
            (first, changed) = (false, null);
        }

        // ACL-SEC-3: the right may have gone during the wait, however it ended.
        await gate.RequireAsync(request, cancellationToken);
        return answer;
    }

    // A time-out is no error: the next turn of the loop sees that no time is left. A frame that caught it would be one for each reader.
    internal ConfiguredTaskAwaitable Change(Task changed, TimeSpan left, CancellationToken cancellationToken) =>
        changed.WaitAsync(left.RoundUp(), context.Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private TimeSpan Left(CacheRead read, long start, bool hasValue)
    {
        var limit = read.Limit;
        if (!hasValue && limit < CacheOptions.FirstValueWait)
        {
            limit = CacheOptions.FirstValueWait;
        }

        return limit - context.Clock.GetElapsedTime(start);
    }
}
