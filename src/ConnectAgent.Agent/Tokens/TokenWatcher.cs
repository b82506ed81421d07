using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Protocol.Tokens;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Tokens;

/// <summary>
/// Takes out of the cache what its token may not have any more: who waits on it is refused at once, its background query ends, and the sealed file
/// forgets it (acl ACL-SEC-3 to ACL-SEC-6, agent-cache TOKC-3).
/// </summary>
internal sealed class TokenWatcher(
    AgentCache cache, IServerClient servers, TokenMetrics metrics, TimeProvider clock, Random random, ILogger<TokenWatcher> logger) : BackgroundService
{
    /// <summary>Tokens that the servers are asked about per second, and at once.</summary>
    [Limit("acl.rounds_per_second", "tokens", "the others wait")]
    private const int LooksPerSecond = 50;

    /// <summary>Tokens that are being asked about.</summary>
    [Limit("acl.rounds_at_once", "tokens", "the others wait")]
    private const int MostRunning = 8;

    private static readonly FetchLimits AskedAtOnce = new(LooksPerSecond, LooksPerSecond);

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
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
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
        var pace = new RefreshPace(clock.GetTimestamp());
        List<Task<Look>> running = [];
        List<Look> looks = [];
        foreach (var token in cache.Entries.Where(IsSomebodys).GroupBy(entry => entry.Key.Token, StringComparer.Ordinal))
        {
            var look = LookAsync(token, cancellationToken);
            if (look.IsCompleted)
            {
                looks.Add(await look);
                continue;
            }

            // The servers are asked: thousands of tokens shall not be one burst.
            running.Add(look);
            await clock.PauseAsync(pace.Take(AskedAtOnce, clock), cancellationToken);
            while (running.Count >= MostRunning)
            {
                var done = await Task.WhenAny(running);
                running.Remove(done);
                looks.Add(await done);
            }
        }

        looks.AddRange(await Task.WhenAll(running));
        _seen = looks.Where(look => look.Rights is not null).ToDictionary(look => look.Token, look => look.Rights!, StringComparer.Ordinal);
        var dropped = looks.Sum(look => look.Dropped);
        if (dropped > 0)
        {
            var window = clock.GetElapsedTime(since);
            metrics.Dropped(dropped, window);
            logger.EntriesRevoked(dropped, window.TotalMilliseconds);
        }

        return looks.TrueForAll(look => look.IsResolved);
    }

    private async Task<Look> LookAsync(IGrouping<string, CacheEntry> token, CancellationToken cancellationToken)
    {
        if (token.All(entry => entry.Request.Needs is null))
        {
            // TOKC-3, TOKC-4: nobody is asked about what is public.
            return new Look(token.Key, servers.Knows(token.Key) ? 0 : DropAll(token));
        }

        try
        {
            var rights = await servers.ResolveTokenAsync(token.Key, cancellationToken);
            return new Look(token.Key, ReferenceEquals(rights, _seen.GetValueOrDefault(token.Key)) ? 0 : await DropAsync(token, rights, cancellationToken))
            {
                Rights = rights,
            };
        }
        catch (ServerException error) when (error.IsFinal)
        {
            // Unknown, or a word that no token can be: asking again is no cure.
            return new Look(token.Key, DropAll(token));
        }
        catch (ServerException error)
        {
            // Who reads gets the same error; what is held stays until somebody knows better.
            logger.TokenNotResolved(error.Message);
            return new Look(token.Key, 0) { IsResolved = false };
        }
    }

    private int DropAll(IEnumerable<CacheEntry> entries) => entries.Count(entry => cache.Drop(entry, "token"));

    private static bool IsSomebodys(CacheEntry entry) =>
        entry.Key.Token != TokenText.Unknown && (entry.Key.Token.Length > 0 || entry.Request.Needs is not null);

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

    /// <summary>What came of the look at one token.</summary>
    private sealed record Look(string Token, int Dropped)
    {
        /// <summary>Null when nobody was asked, or it is gone.</summary>
        public TokenRights? Rights { get; init; }

        public bool IsResolved { get; init; } = true;
    }
}
