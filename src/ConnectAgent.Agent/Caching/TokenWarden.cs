using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Caching;

/// <summary>
/// Takes out of the cache what its token may not have any more: who waits on it is refused at once, its background query ends, and the sealed file
/// forgets it (acl ACL-SEC-3 to ACL-SEC-6, agent-cache TOKC-3).
/// </summary>
internal sealed class TokenWarden(
    AgentCache cache, IServerClient servers, TokenMetrics metrics, TimeProvider clock, Random random, ILogger<TokenWarden> logger) : BackgroundService
{
    // What each token had at the last look: as long as it is the same object nothing about it has changed.
    private Dictionary<string, TokenRights> _seen = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        var since = clock.GetTimestamp();
        Task<long>? changed = null;
        while (true)
        {
            changed = changed is { IsCompleted: false } ? changed : servers.RightsChangedAsync(stoppingToken);
            var start = clock.GetTimestamp();
            failures = await TryLookAsync(since, stoppingToken) ? 0 : failures + 1;

            // Rights may change faster than a large cache is looked through: no more than half of the time goes into it.
            await clock.PauseAsync(clock.GetElapsedTime(start), stoppingToken);
            try
            {
                // A look that failed is made again, by the clock or by the next change.
                since = failures == 0
                    ? await changed
                    : await changed.WaitAsync(RefreshBackoff.Pause(failures + RefreshBackoff.Free, random.NextDouble()), clock, stoppingToken);
            }
            catch (TimeoutException)
            {
                // What was resolved before is out of date since then still.
            }
        }
    }

    private async Task<bool> TryLookAsync(long since, CancellationToken cancellationToken)
    {
        try
        {
            return await LookAsync(since, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A bug here must neither stop the agent nor end the watch over its tokens.
            logger.LookBroke(error);
            return false;
        }
    }

    /// <summary>Looks at every entry that somebody needs a right for, and at what a token that is gone has left.</summary>
    /// <param name="since">Since when what was resolved may have been out of date.</param>
    /// <returns>Whether every token could be resolved.</returns>
    private async Task<bool> LookAsync(long since, CancellationToken cancellationToken)
    {
        Dictionary<string, TokenRights> seen = new(StringComparer.Ordinal);
        var resolved = true;
        var dropped = 0;
        foreach (var token in cache.Entries.Where(IsSomebodys).GroupBy(entry => entry.Key.Token, StringComparer.Ordinal))
        {
            try
            {
                var rights = await servers.ResolveTokenAsync(token.Key, cancellationToken);
                seen[token.Key] = rights;
                dropped += ReferenceEquals(rights, _seen.GetValueOrDefault(token.Key)) ? 0 : await DropAsync(token, rights, cancellationToken);
            }
            catch (ServerException error) when (error.Kind == FailureKind.UnknownToken)
            {
                dropped += token.Count(entry => cache.Drop(entry, "token"));
            }
            catch (ServerException error)
            {
                // Who reads gets the same error; what is held stays until somebody knows better.
                resolved = false;
                logger.TokenNotResolved(error.Message);
            }
        }

        _seen = seen;
        if (dropped > 0)
        {
            var window = clock.GetElapsedTime(since);
            metrics.Dropped(dropped, window);
            logger.EntriesRevoked(dropped, window.TotalMilliseconds);
        }

        return resolved;
    }

    private static bool IsSomebodys(CacheEntry entry) => entry.Key.Token.Length > 0 || entry.Request.Needs is not null;

    private async Task<int> DropAsync(IEnumerable<CacheEntry> entries, TokenRights rights, CancellationToken cancellationToken)
    {
        var dropped = 0;
        foreach (var entry in entries)
        {
            if (!await rights.AllowsAsync(entry.Needs ?? [], cancellationToken) && cache.Drop(entry, "token"))
            {
                dropped++;
            }
        }

        return dropped;
    }
}
