using System.Collections.Concurrent;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.Protocol.Tokens;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>
/// Resolves tokens of remote servers (acl section 8): what is known is reused for its time, one call serves all who ask at once, no failure and no
/// single denial is taken for "no such token", and while the servers cannot be asked the down policy decides.
/// </summary>
internal sealed class RemoteTokens(
    ITokenAuthority servers,
    RemoteTokenOptions options,
    RecoveryToken recovery,
    RemoteTokenMetrics metrics,
    TimeProvider clock,
    ILogger<RemoteTokens> logger) : IDisposable
{
    /// <summary>Tokens held at once (acl ACL-RES-2).</summary>
    [Limit("acl.remote_tokens", "tokens", "an eighth is evicted: unknown ones first, then the least recently used")]
    public const int Most = 1024;

    /// <summary>What is known of all tokens.</summary>
    [Limit("acl.remote_size", "bytes, what is known of all tokens", "an eighth is evicted: unknown ones first, then the least recently used")]
    public const int MostBytes = 16 * 1024 * 1024;

    private const double LookAhead = 0.9;
    [Limit("acl.remote_denials", "answers", "the token counts as unknown")]
    private const int MostDenials = 3;
    private static readonly TimeSpan ShortestRound = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseWhenUnreachable = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AclsOffTime = TimeSpan.FromSeconds(120);

    private readonly ConcurrentDictionary<string, RemoteToken> _tokens = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private long _changedSince = long.MaxValue;
    private long _dueBefore = long.MinValue;
    private long _unreachableUntil = long.MinValue;
    private long _offUntil = long.MinValue;

    public int Count => _tokens.Count;

    /// <summary>About how much memory all of it takes.</summary>
    public long Bytes => _tokens.Sum(static held => (long)held.Value.Bytes);

    /// <summary>Turns for looks at what is not known.</summary>
    public TokenLookups Lookups { get; } = new();

    /// <summary>Whether the servers said lately that they have no ACLs (acl ACL-RES-8).</summary>
    public bool AclsAreOpen => clock.GetTimestamp() < Volatile.Read(ref _offUntil);

    public TimeProvider Clock => clock;

    public RemoteTokenMetrics Metrics => metrics;

    public DownPolicy DownPolicy => options.DownPolicy;

    /// <summary>What a token may do.</summary>
    /// <inheritdoc cref="IServerClient.ResolveTokenAsync"/>
    public ValueTask<TokenRights> ResolveAsync(string token, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!options.Enabled)
        {
            return new(TokenRights.Everything);
        }

        if (ReservedTokens.IsRootName(token))
        {
            // ACL-REQ-4, ACL-ERR-8.
            throw new ServerException(FailureKind.Mistake, "Cannot resolve root ACL");
        }

        if (TokenText.IsTooLong(token))
        {
            throw TokenText.TooLong();
        }

        if (recovery.RightsOf(token) is { } own)
        {
            return new(own);
        }

        if (AclsAreOpen)
        {
            metrics.Open();
            return new(TokenRights.OpenedByServers);
        }

        return Find(Spelled(token)).ResolveAsync(cancellationToken);
    }

    /// <inheritdoc cref="IServerClient.Knows"/>
    public bool Knows(string token) => !options.Enabled
        || token is "" or ReservedTokens.Anonymous
        || recovery.RightsOf(token) is not null
        || (!ReservedTokens.IsRootName(token) && (AclsAreOpen || IsHeld(token)));

    /// <inheritdoc cref="IServerClient.Vouches"/>
    public bool Vouches(string token) => !AclsAreOpen || recovery.RightsOf(token) is not null || IsHeld(token);

    // The anonymous token is the missing one.
    private static string Spelled(string token) => token == ReservedTokens.Anonymous ? string.Empty : token;

    private bool IsHeld(string token) => _tokens.TryGetValue(Spelled(token), out var held) && held.IsKnown;

    public void Dispose() => Lookups.Dispose();

    /// <inheritdoc cref="IServerClient.RightsChangedAsync"/>
    public async Task<long> RightsChangedAsync(CancellationToken cancellationToken)
    {
        Task changed;
        var began = clock.GetTimestamp();
        lock (_gate)
        {
            changed = _changed.Task;
        }

        try
        {
            // All that is held is looked at once in its time; the rest of that time is for the look itself.
            var round = options.Ttl * LookAhead;
            await changed.WaitAsync(
                !options.Enabled ? Timeout.InfiniteTimeSpan : round > ShortestRound ? round : ShortestRound, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            Volatile.Write(ref _dueBefore, clock.GetTimestamp());
            return began;
        }

        lock (_gate)
        {
            var since = Math.Min(_changedSince, began);
            _changedSince = long.MaxValue;
            return since;
        }
    }

    /// <summary>What was allowed in a former life of the agent: the last that is known of a token while no server can be asked.</summary>
    public void Remember(string token, IReadOnlyList<AccessRequest> allowed)
    {
        if (options.Enabled && _tokens.Count < Most && !TokenText.IsTooLong(token))
        {
            Find(token).Remember(allowed);
        }
    }

    /// <summary>More is known than before: what goes beyond the bounds goes.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            MakeRoom(0);
        }
    }

    /// <summary>Whether something that was true at a timestamp may be reused now.</summary>
    public bool IsFresh(long resolvedAt) =>
        resolvedAt > Volatile.Read(ref _dueBefore) && clock.GetElapsedTime(resolvedAt) < options.Ttl;

    /// <summary>A token went or may do something else than before.</summary>
    /// <param name="since">A timestamp: when it was last known to be as before.</param>
    public void Publish(long since)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _changedSince = Math.Min(_changedSince, since);
            (changed, _changed) = (_changed, NewSignal());
        }

        changed.TrySetResult();
    }

    /// <summary>Reads when a token ends. A denial counts only from the leader: a server that lags does not know the newest tokens.</summary>
    /// <exception cref="ServerException">As <see cref="ITokenAuthority.ReadExpirationAsync"/>.</exception>
    public Task<DateTimeOffset?> ReadExpirationAsync(string token) => UnlessUnreachableAsync(async () =>
    {
        try
        {
            return await servers.ReadExpirationAsync(token, consistent: false, CancellationToken.None);
        }
        catch (ServerException error) when (error.Kind == FailureKind.UnknownToken)
        {
            return await servers.ReadExpirationAsync(token, consistent: true, CancellationToken.None);
        }
    });

    /// <summary>Asks any number of requests.</summary>
    /// <exception cref="ServerException">As <see cref="ITokenAuthority.AskAsync"/>.</exception>
    public Task<Dictionary<AccessRequest, bool>> AskAsync(string token, IReadOnlyCollection<AccessRequest> requests) => UnlessUnreachableAsync(async () =>
    {
        Dictionary<AccessRequest, bool> answers = new(requests.Count);
        foreach (var some in requests.Chunk(ITokenAuthority.MostAuthorizations))
        {
            foreach (var (requested, answer) in some.Zip(await AskSomeAsync(token, some)))
            {
                answers[requested] = answer;
            }
        }

        return answers;
    });

    private async Task<IReadOnlyList<bool>> AskSomeAsync(string token, IReadOnlyList<AccessRequest> requests)
    {
        for (var denials = 0; ;)
        {
            try
            {
                return await servers.AskAsync(token, requests, CancellationToken.None);
            }
            catch (ServerException error) when (error.Kind == FailureKind.UnknownToken && token.Length > 0)
            {
                // The leader's denial ends it; else the one that answered lags, and the next may not.
                await servers.ReadExpirationAsync(token, consistent: true, CancellationToken.None);
                if (++denials == MostDenials)
                {
                    throw new ServerException(FailureKind.Failed, "the servers disagree about a token", error);
                }
            }
        }
    }

    /// <summary>What holds for a token or a request that nothing is known of (acl ACL-RES-4).</summary>
    public TokenRights Unasked() => options.DownPolicy switch
    {
        DownPolicy.Deny => TokenRights.Nothing,
        DownPolicy.Allow => TokenRights.AllowedByDefault,
        _ => options.DefaultAllow ? TokenRights.AllowedByDefault : TokenRights.Nothing,
    };

    /// <summary>
    /// The servers have no ACLs: neither has the agent, for a while, but that nobody may write to the agent itself (acl ACL-RES-8). Any server that is
    /// asked can say so, and what is written stays.
    /// </summary>
    public TokenRights TurnOff()
    {
        var now = clock.GetTimestamp();
        var until = now + clock.TicksOf(AclsOffTime);
        var isNews = Interlocked.Exchange(ref _offUntil, until) <= now;
        metrics.Opened(until, isNews);
        if (isNews)
        {
            logger.ServersHaveNoAcls(AclsOffTime);
        }

        return TokenRights.OpenedByServers;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Nobody waits for servers that were unreachable a moment ago: what the down policy says is said at once. A server that answers, if only that one token or
    // one request is too much for it, is not unreachable (FA-16).
    private async Task<T> UnlessUnreachableAsync<T>(Func<Task<T>> call)
    {
        if (clock.GetTimestamp() < Volatile.Read(ref _unreachableUntil))
        {
            throw new ServerException(FailureKind.Unreachable, "the servers were unreachable a moment ago");
        }

        try
        {
            return await call();
        }
        catch (ServerException error) when (error is { Kind: FailureKind.Unreachable, IsOfThisCall: false })
        {
            Volatile.Write(ref _unreachableUntil, clock.GetTimestamp() + clock.TicksOf(PauseWhenUnreachable));
            throw;
        }
    }

    private RemoteToken Find(string token)
    {
        if (_tokens.TryGetValue(token, out var known))
        {
            return known;
        }

        lock (_gate)
        {
            MakeRoom(1);
            return _tokens.GetOrAdd(token, secret => new RemoteToken(secret, this));
        }
    }

    // What is made up goes first, then what was asked about longest ago; an eighth, so that a full table does not sort itself each time.
    private void MakeRoom(int tokens)
    {
        var (count, bytes) = (_tokens.Count, Bytes);
        if (count + tokens <= Most && bytes <= MostBytes)
        {
            return;
        }

        foreach (var (secret, held) in _tokens.OrderBy(static held => held.Value.IsKnown).ThenBy(static held => held.Value.UsedAt).ToList())
        {
            if (count <= Most / 8 * 7 && bytes <= MostBytes / 8 * 7)
            {
                return;
            }

            _tokens.TryRemove(secret, out _);
            (count, bytes) = (count - 1, bytes - held.Bytes);
        }
    }
}
