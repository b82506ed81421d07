using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>
/// Calls the servers: one until it fails, then the next. A call tries each server at most once; how often calls are repeated is the cache's
/// business (agent-cache CACHE-22).
/// </summary>
internal sealed class ConsulServers : IDisposable
{
    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _http;
    private readonly IReadOnlyList<ConsulServer> _servers;
    private readonly ServerSelection _selection;
    private readonly ConsulMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<ConsulServers> _logger;
    private int _away;
    private int _forwarded;

    public ConsulServers(
        ConsulServerOptions options, ConsulMetrics metrics, TimeProvider clock, Random random, ILogger<ConsulServers> logger)
    {
        (_metrics, _clock, _logger) = (metrics, clock, logger);
        _handler = ConsulConnections.Create(options);
        _http = new HttpMessageInvoker(_handler, disposeHandler: false);
        _servers = [.. options.Servers.Select(address => new ConsulServer(address, _http, options, clock))];
        _selection = new ServerSelection(_servers.Count, random);
    }

    /// <summary>Makes a call.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="read">
    /// Reads a 200; throws a <see cref="ServerException"/> of kind <see cref="FailureKind.Unreachable"/> for one that is none of Consul's.
    /// </param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ServerException">The last server's failure, or the first that another server would not change.</exception>
    public Task<T> CallAsync<T>(ConsulCall call, Func<ConsulAnswer, T> read, CancellationToken cancellationToken) =>
        TryAsync(mayRepeat: true, server => AskAsync(_servers[server], call, read, cancellationToken));

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
                throw new ServerException(FailureKind.RateLimited, "Too many calls are being forwarded to the servers, please rate limit your calls");
            }

            var at = 0;
            using var exchange = await TryAsync(
                call.Method == HttpMethod.Get,
                server =>
                {
                    at = server;
                    return _servers[server].OpenAsync(call, cancellationToken);
                });
            try
            {
                await reply(exchange);
            }
            catch (ServerException error)
            {
                _metrics.Failed();
                Leave(at, error);
                throw;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _forwarded);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private async Task<T> TryAsync<T>(bool mayRepeat, Func<int, Task<T>> ask)
    {
        for (var attempt = 1; ; attempt++)
        {
            var at = _selection.Current;
            try
            {
                var value = await ask(at);
                _metrics.Answered();
                if (Interlocked.Exchange(ref _away, 0) == 1)
                {
                    _logger.ServersBack(_servers[at].Name);
                }

                return value;
            }
            catch (ServerException error)
            {
                _metrics.Failed();
                if (error.Kind != FailureKind.Unreachable)
                {
                    throw;
                }

                Leave(at, error);
                if (attempt == _servers.Count || !(mayRepeat || ConsulExchange.NothingWasSent(error)))
                {
                    if (Interlocked.Exchange(ref _away, 1) == 0)
                    {
                        _logger.ServersAway(error.Message);
                    }

                    throw;
                }
            }
        }
    }

    private async Task<T> AskAsync<T>(
        ConsulServer server, ConsulCall call, Func<ConsulAnswer, T> read, CancellationToken cancellationToken)
    {
        var pause = server.PauseOf(call.Operation);
        pause.ThrowIfPaused();
        var answer = await server.SendAsync(call, cancellationToken);
        if (answer.Status == 200)
        {
            return read(answer);
        }

        var failure = ConsulFailure.Of(call, answer);
        pause.Begin(ConsulFailure.RetryAfterOf(answer, _clock), failure);
        throw failure;
    }

    // Reads that the server holds would go on waiting for one that is lost to all others.
    private void Leave(int server, ServerException reason)
    {
        if (_selection.Leave(server))
        {
            _metrics.Moved();
            _logger.ServerLeft(_servers[server].Name, _servers[_selection.Current].Name, reason.Message);
            _servers[server].ReleaseHeld();
        }
    }
}
