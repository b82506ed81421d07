using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Caching;

/// <summary>Replaces values before their time, for an operator or because something about them is known to be wrong.</summary>
internal sealed class CacheRenewal(CacheEntries entries, CacheReader reader, CacheStore store, ICacheGate gate, TimeProvider clock)
{
    /// <summary>Has the value of an entry replaced now, however good it is.</summary>
    /// <exception cref="ServerException">What the fetch failed with: one that began after the call, not one before.</exception>
    public async Task<CacheAnswer<TValue>> RenewAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        if (entries.Find(kind, request)?.Current.Value is not { } held)
        {
            // What comes is new.
            return await reader.GetAsync(kind, request, default, cancellationToken);
        }

        var entry = entries.GetOrAdd(kind, request);
        var seen = entry.Current.Version;
        entry.Feed.State.Force();
        var start = clock.GetTimestamp();
        while (true)
        {
            var changed = entry.Feed.Changed;
            var snapshot = entry.Current;
            if (snapshot.Value is not null && !ReferenceEquals(snapshot.Value, held))
            {
                // ACL-SEC-3.
                await gate.RequireAsync(request, cancellationToken);
                return CacheLook.Answer(entry, snapshot, hit: false);
            }

            if (snapshot.Error is { } error && snapshot.Version > seen)
            {
                throw error.ToThrow();
            }

            var left = CacheOptions.FirstValueWait - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || entry.IsStopped)
            {
                throw new ServerException(FailureKind.Failed, "timed out waiting for the new value");
            }

            entry.Feed.EnsureFetch(snapshot.Version, hurry: true);
            entry.Park();
            await reader.Change(changed, left, cancellationToken);
            store.Unpark(entry);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
