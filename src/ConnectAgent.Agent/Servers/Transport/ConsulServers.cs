using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>
/// Calls the servers: one until it fails, then the next. A call tries each server at most once; how often calls are repeated is the cache's
/// business (agent-cache CACHE-22).
/// </summary>
internal sealed class ConsulServers : IServerStatus
{
    // Reads that a lost server was holding go on elsewhere within this time, not all at once.
    private static readonly TimeSpan MoveSpread = TimeSpan.FromSeconds(1);
    private static readonly ConsulCall Probe = new(ConsulOperation.Probe, HttpMethod.Get, "/v1/status/leader", string.Empty, TimeSpan.Zero);

    private readonly ConsulServer[] _servers;
    private readonly ServerSelection _selection;
    private readonly ConsulMetrics _metrics;
    private readonly ServerContact _contact;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger<ConsulServers> _logger;
    private int _unreachable;
    private int _missed;
    private int _forwarded;

    public ConsulServers(
        ServerSet set, ConsulMetrics metrics, ServerContact contact, TimeProvider clock, Random random, ILogger<ConsulServers> logger)
    {
        (_servers, _metrics, _contact, _clock, _random, _logger) = (set.Servers, metrics, contact, clock, random, logger);
        _selection = new ServerSelection(_servers.Length, random);
    }

    public IReadOnlyList<ServerView> Servers() => [.. _servers.Select((server, at) => server.View(at == _selection.Current))];

    public SigningView? Signing() => null;

    /// <summary>Makes a call.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="read">
    /// Reads a 200; throws a <see cref="ServerException"/> of kind <see cref="FailureKind.Unreachable"/> for one that is none of Consul's.
    /// </param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ServerException">The last server's failure, or the first that another server would not change.</exception>
    public Task<T> CallAsync<T>(ConsulCall call, Func<ConsulAnswer, T> read, CancellationToken cancellationToken) =>
        TryAsync(call, static () => true, server => AskAsync(server, call, read, cancellationToken), cancellationToken);

    /// <summary>
    /// Makes a call for somebody else; any status is an answer, and its body passes through piece by piece. What may have been done already is not
    /// tried again elsewhere.
    /// </summary>
    /// <param name="call">What is asked.</param>
    /// <param name="reply">Hands the answer on.</param>
    /// <param name="cancellationToken">The caller going away: the call at the server ends.</param>
    /// <exception cref="ServerException"><see cref="FailureKind.Unreachable"/>, also in the middle of the answer; or too many such calls are on their way.</exception>
    /// <exception cref="UploadException">The caller's body broke off.</exception>
    public async Task ForwardAsync(ConsulCall call, Func<ConsulExchange, Task> reply, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _forwarded) > ConsulConnections.MostForwarded)
            {
                throw new ServerException(FailureKind.RateLimited, "Too many calls are being forwarded to the servers, please rate limit your calls")
                {
                    Limit = ConsulConnections.ForwardedLimit,
                };
            }

            var replies = false;
            await TryAsync(
                call,
                () => call.Method == HttpMethod.Get && !replies,
                server => PassAsync(
                    server,
                    call,
                    exchange =>
                    {
                        replies = true;
                        return reply(exchange);
                    },
                    cancellationToken),
                cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _forwarded);
        }
    }

    /// <summary>
    /// Asks each server whether it is there, and leaves one that is not. When calls have found none since, and one is there, who waits for that
    /// is told: here and not with each good answer, because servers that answer one kind of call and fail another would have all the others tried on and on.
    /// </summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(Enumerable.Range(0, _servers.Length).Select(at => CheckAsync(at, cancellationToken)));
        if (Array.Exists(_servers, static server => server.IsHealthy) && Interlocked.Exchange(ref _missed, 0) == 1)
        {
            _contact.IsBack();
        }
    }

    /// <summary>
    /// Draws anew which of the healthy servers is asked, so that one that was unreachable gets its share again. Only servers that name the same leader are
    /// one cluster. Reads that are being held stay where they are until they end.
    /// </summary>
    public void Rebalance()
    {
        var current = _selection.Current;
        var leader = _servers[current].Leader;
        int[] others = [.. Enumerable.Range(0, _servers.Length).Where(at => _servers[at].IsHealthy && leader.Length > 0 && _servers[at].Leader == leader)];
        if (others.Length > 1 && others[_random.Next(others.Length)] is var next && next != current)
        {
            _selection.MoveTo(next);
            _metrics.Moved();
            _logger.Rebalanced(_servers[current].Name, _servers[next].Name);
        }
    }

    /// <summary>Has new connections made with other certificates.</summary>
    public void UseTls(ServerTls tls) => Array.ForEach(_servers, server => server.UseTls(tls));

    private async Task CheckAsync(int at, CancellationToken cancellationToken)
    {
        try
        {
            _servers[at].Leader = await AskAsync(_servers[at], Probe, LeaderOf, cancellationToken);
        }
        catch (ServerException error)
        {
            // It is the server that was asked about, so whatever is wrong is the server's.
            _servers[at].Leader = string.Empty;
            Lose(at, error);
        }
    }

    private async Task<T> TryAsync<T>(ConsulCall call, Func<bool> mayRepeat, Func<ConsulServer, Task<T>> ask, CancellationToken cancellationToken)
    {
        call.RequireSendable();
        var tried = new bool[_servers.Length];
        for (var attempt = 1; ; attempt++)
        {
            var at = _selection.Next(tried, server => _servers[server].BreakerOf(call).IsUnreachable);
            tried[at] = true;
            try
            {
                var value = await ask(_servers[at]);
                if (Interlocked.Exchange(ref _unreachable, 0) == 1)
                {
                    _logger.ServersReachable(_servers[at].Name);
                }

                return value;
            }
            catch (ServerException error) when (error.Kind == FailureKind.Unreachable)
            {
                if (error.InnerException is ReleasedException)
                {
                    // It starts over: where it was refused before may be the only one that is left by now.
                    await _clock.PauseAsync(MoveSpread * _random.NextDouble(), cancellationToken);
                    Array.Clear(tried);
                    attempt = 0;
                    continue;
                }

                if (CallOutcomes.Of(error, call) == CallOutcome.ServerLost)
                {
                    Lose(at, error);
                }

                if (attempt == _servers.Length || !(mayRepeat() || CallOutcomes.NothingWasSent(error)))
                {
                    throw;
                }
            }
        }
    }

    private Task<T> AskAsync<T>(ConsulServer server, ConsulCall call, Func<ConsulAnswer, T> read, CancellationToken cancellationToken) =>
        WatchAsync(
            server,
            call,
            async () =>
            {
                var answer = await server.SendAsync(call, cancellationToken);
                return answer.Status == 200
                    ? (read(answer), (ulong?)(answer.Index ?? 0))
                    : throw new RefusedException(ConsulFailure.Of(call, answer), ConsulFailure.RetryAfterOf(answer, _clock));
            },
            cancellationToken);

    private async Task<bool> PassAsync(ConsulServer server, ConsulCall call, Func<ConsulExchange, Task> reply, CancellationToken cancellationToken)
    {
        // That it answers says nothing of what the agent asks.
        using var exchange = await WatchAsync(
            server, call, async () => (Value: await server.OpenAsync(call, cancellationToken), Index: (ulong?)null), cancellationToken);
        try
        {
            await reply(exchange);
            return true;
        }
        catch (ServerException error)
        {
            // In the middle of the answer: the breaker has taken its beginning for the whole.
            Failed(server, error);
            await server.BreakerOf(call).NoteAsync(call, error);
            throw;
        }
    }

    /// <summary>Makes one call at one server, by its breaker, and has the server remember how it went.</summary>
    private async Task<T> WatchAsync<T>(
        ConsulServer server, ConsulCall call, Func<Task<(T Value, ulong? Index)>> ask, CancellationToken cancellationToken)
    {
        try
        {
            // A look whether the server is there is made at its own pace, whatever failed before.
            var (value, index) = call.Operation == ConsulOperation.Probe ? await ask() : await server.BreakerOf(call).RunAsync(call, ask, cancellationToken);
            await server.AnsweredAsync(index);
            return value;
        }
        catch (RefusedException refused)
        {
            server.Failed(refused.Failure);
            throw refused.Failure;
        }
        catch (ServerException error) when (error.InnerException is not (NotSentException or ReleasedException))
        {
            Failed(server, error);
            throw;
        }
    }

    private void Failed(ConsulServer server, ServerException error)
    {
        if (error.InnerException is GarbageException)
        {
            _metrics.Refused();
        }

        server.Failed(error);
    }

    /// <summary>A server is of no use to any call: others go elsewhere, and so do the reads that it is holding.</summary>
    private void Lose(int server, ServerException reason)
    {
        _servers[server].Lost();
        if (_selection.Leave(server, at => _servers[at].IsFailing))
        {
            _metrics.Moved();
            _logger.ServerLeft(_servers[server].Name, _servers[_selection.Current].Name, reason.Message);
        }

        if (_servers.Length > 1)
        {
            // Reads that it holds would go on waiting for one that is lost to all others, also when it is not the current one.
            _servers[server].ReleaseHeld();
        }

        if (Array.TrueForAll(_servers, static other => other.IsFailing))
        {
            Volatile.Write(ref _missed, 1);
            if (Interlocked.Exchange(ref _unreachable, 1) == 0)
            {
                _logger.ServersUnreachable(reason.Message);
            }
        }
    }

    // services STA-1
    internal static string LeaderOf(ConsulAnswer answer) => answer.Parse(ClientJson.Default.String) is { Length: > 0 } leader
        ? leader
        : throw new ServerException(FailureKind.Unreachable, $"rpc error making call: {answer.Server}: No cluster leader");
}
