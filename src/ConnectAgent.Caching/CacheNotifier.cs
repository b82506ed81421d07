using System.Runtime.CompilerServices;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching;

/// <summary>
/// Watches one value for another part of the agent (CACHE-36 to CACHE-38). The consumer pulls: while it works the watch stands still, nothing is
/// queued, and afterwards it sees the newest value. A kind is an object here and not a name, so an unknown one cannot be asked for.
/// </summary>
internal sealed class CacheNotifier(AgentCache cache, TimeProvider clock, Random random, ILogger<CacheNotifier> logger)
{
    // CACHE-37: polls of one age shall not stay in step.
    private const int PollSpread = 16;

    /// <summary>Tells of the value that is there, and of each newer one.</summary>
    /// <param name="kind">What is watched.</param>
    /// <param name="request">Which one, and on whose behalf.</param>
    /// <param name="maxAge">For kinds that do not block: how old a value may get before it is fetched anew. Others ignore it.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>
    /// Endless. Errors come until the first value has come, later ones do not: the value stands. An event holds either.
    /// </returns>
    /// <exception cref="InvalidOperationException">A kind that does not block needs a <paramref name="maxAge"/> above 0.</exception>
    public IAsyncEnumerable<CacheEvent<TValue>> WatchAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, TimeSpan maxAge = default, CancellationToken cancellationToken = default)
        where TRequest : CacheRequest
        where TValue : class => kind.Blocks || maxAge > TimeSpan.Zero
            ? RunAsync(kind, request, maxAge, cancellationToken)
            : throw new InvalidOperationException("Cannot use Notify for polling cache types without specifying the MaxAge");

    private async IAsyncEnumerable<CacheEvent<TValue>> RunAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, TimeSpan maxAge, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        CacheAnswer<TValue>? seen = null;
        for (var failures = 0; ;)
        {
            var read = kind.Blocks ? new CacheRead(new BlockingQuery(seen?.Index ?? 0)) : new CacheRead(MaxAge: maxAge);
            var (answer, error) = await ReadAsync(kind, request, read, cancellationToken);
            failures = error is null ? 0 : failures + 1;
            if (error is not null)
            {
                logger.WatchFailed(kind.Name, error.Message, failures);
            }

            if (error is not null && seen is null)
            {
                yield return new CacheEvent<TValue>(null, error);
            }
            else if (answer is { } news && (seen is not { } former || IsNews(kind, former, news)))
            {
                seen = news;
                yield return new CacheEvent<TValue>(news, null);
            }

            var pause = failures > 0 || kind.Blocks ? TimeSpan.Zero : PollPause(maxAge, answer!.Value.Age);
            await clock.PauseAsync(failures > 0 ? RefreshBackoff.Pause(failures, random.NextDouble()) : pause, cancellationToken);
        }
    }

    // CACHE-18: an index that went back is news, too. Who polls has no index of the servers: there the value counts.
    private static bool IsNews<TRequest, TValue>(CacheKind<TRequest, TValue> kind, CacheAnswer<TValue> seen, CacheAnswer<TValue> answer)
        where TRequest : CacheRequest
        where TValue : class =>
        kind.Blocks ? answer.Index != seen.Index : answer.Index > seen.Index || !seen.Value.Equals(answer.Value);

    private async ValueTask<(CacheAnswer<TValue>? Answer, ServerException? Error)> ReadAsync<TRequest, TValue>(
        CacheKind<TRequest, TValue> kind, TRequest request, CacheRead read, CancellationToken cancellationToken)
        where TRequest : CacheRequest
        where TValue : class
    {
        try
        {
            return (await cache.GetAsync(kind, request, read, cancellationToken), null);
        }
        catch (ServerException error)
        {
            return (null, error);
        }
    }

    private TimeSpan PollPause(TimeSpan maxAge, TimeSpan age) =>
        (age < maxAge ? maxAge - age : TimeSpan.Zero) + (maxAge / PollSpread * random.NextDouble());
}

/// <summary>What a watch tells: an answer, or why there is none.</summary>
internal readonly record struct CacheEvent<TValue>(CacheAnswer<TValue>? Answer, ServerException? Error)
    where TValue : class;
