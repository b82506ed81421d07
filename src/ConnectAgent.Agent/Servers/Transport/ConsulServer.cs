using System.Net;
using System.Net.Http.Headers;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>One server: sends calls over connections of its own, and remembers how they went.</summary>
internal sealed class ConsulServer : IDisposable
{
    /// <summary>The longest answer that is read whole; the intentions of one name are far below it.</summary>
    [Limit("servers.answer", "bytes", "the answer counts as unreadable")]
    public const int LongestBody = 8 * 1024 * 1024;

    /// <summary>
    /// What a server is asked at most by the cache, however many entries have waited for it to come back, and as often again about tokens, and to write the catalog. The first two
    /// seconds' worth may come at once.
    /// </summary>
    [Limit("servers.pace", "calls per second to each server: by the cache, about tokens, and to write the catalog", "the call waits")]
    public const int PerSecond = 100;

    private static readonly FetchLimits Pace = new(PerSecond, Burst: 2 * PerSecond);

    private readonly Uri _address;
    private readonly ConsulServerOptions _options;
    private readonly TimeProvider _clock;
    private readonly CallBreakers _breakers;
    private readonly Lock _paceGate = new();
    private RefreshPace _cachePace;
    private RefreshPace _tokenPace;
    private RefreshPace _writePace;
    private HttpMessageInvoker _http;
    private CancellationTokenSource _held = new();
    private ServerFault? _lastError;
    private int _state;
    private int _holding;
    private ulong _lastIndex;
    private long _roundTrip = -1;
    private long _answers;
    private long _failures;

    public ConsulServer(Uri address, ConsulServerOptions options, TimeProvider clock, Random random)
    {
        (_address, _options, _clock) = (address, options, clock);
        Name = address.GetLeftPart(UriPartial.Authority);
        _http = new HttpMessageInvoker(ConsulConnections.Create(options.Tls));
        _breakers = new CallBreakers(clock, random);
        (_cachePace, _tokenPace, _writePace) = (new(clock.GetTimestamp()), new(clock.GetTimestamp()), new(clock.GetTimestamp()));
    }

    private enum State
    {
        Unknown,
        Healthy,
        Failing,
    }

    public string Name { get; }

    /// <summary>Whether the transport failed, or the server said that it is of no use, and it has not answered since.</summary>
    public bool IsFailing => Volatile.Read(ref _state) == (int)State.Failing;

    public bool IsHealthy => Volatile.Read(ref _state) == (int)State.Healthy;

    /// <summary>The leader that it named last; empty when it named none.</summary>
    public string Leader { get; set; } = string.Empty;

    public long Answers => Volatile.Read(ref _answers);

    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Of the last call that was not held, in milliseconds; null before the first.</summary>
    public double? RoundTripMs => Volatile.Read(ref _roundTrip) is >= 0 and var ticks ? Math.Round(TimeSpan.FromTicks(ticks).TotalMilliseconds, 3) : null;

    /// <summary>Calls that it is holding now.</summary>
    public int Holding => Volatile.Read(ref _holding);

    /// <summary>The index of the last read that it answered; 0 before the first.</summary>
    public ulong LastIndex => Volatile.Read(ref _lastIndex);

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// From now on connections are made so. Calls that are on their way stay on the former ones, which are not disposed of because a call may be about to
    /// use them; they end by themselves once they are idle.
    /// </summary>
    public void UseTls(ServerTls tls) => Volatile.Write(ref _http, new HttpMessageInvoker(ConsulConnections.Create(tls)));

    /// <summary>The breaker of a call: what this server is to be spared of its kind.</summary>
    public CallBreaker BreakerOf(ConsulCall call) => _breakers.Of(call);

    /// <summary>Ends the calls that this server is holding: they go on elsewhere.</summary>
    public void ReleaseHeld() => _ = Interlocked.Exchange(ref _held, new CancellationTokenSource()).CancelAsync();

    /// <summary>It answered.</summary>
    /// <param name="index">
    /// Of the answer, 0 for none: it is what the agent asked for, so the server is there; when it was lost, all that the loss brought about ends. Null: an
    /// answer for somebody else.
    /// </param>
    public async Task AnsweredAsync(ulong? index)
    {
        Interlocked.Increment(ref _answers);
        if (index is not { } known)
        {
            return;
        }

        if (known > 0)
        {
            Volatile.Write(ref _lastIndex, known);
        }

        if (Interlocked.Exchange(ref _state, (int)State.Healthy) == (int)State.Failing)
        {
            foreach (var breaker in _breakers.All())
            {
                await breaker.ResetAsync();
            }
        }
    }

    /// <summary>A call that was sent did not succeed.</summary>
    public void Failed(ServerException error)
    {
        Interlocked.Increment(ref _failures);
        if (error.Kind == FailureKind.Unreachable)
        {
            Volatile.Write(ref _lastError, new ServerFault(error.Message, _clock.GetUtcNow(), null));
        }
    }

    /// <summary>It is of no use to any call, until it answers again.</summary>
    public void Lost() => Volatile.Write(ref _state, (int)State.Failing);

    public ServerView View(bool isCurrent)
    {
        var error = Volatile.Read(ref _lastError);
        var rest = _breakers.All().Select(static breaker => breaker.Remaining).DefaultIfEmpty().Max();
        return new ServerView(
            Name,
            ((State)Volatile.Read(ref _state)).ToString().ToLowerInvariant(),
            isCurrent,
            error is null || rest == TimeSpan.Zero ? error : error with { NextAttempt = _clock.GetUtcNow() + rest },
            RoundTripMs,
            Holding,
            LastIndex);
    }

    /// <summary>Sends a call and reads the answer whole, whatever its status.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Unreachable"/>: nothing that can be used came in time.</exception>
    public async Task<ConsulAnswer> SendAsync(ConsulCall call, CancellationToken cancellationToken)
    {
        await _clock.PauseAsync(TakePace(call.Operation), cancellationToken);
        using var exchange = await OpenAsync(call, cancellationToken);
        return new ConsulAnswer(Name, exchange.Status, exchange.Headers, await exchange.ReadAllAsync(LongestBody));
    }

    /// <summary>Sends a call; the answer's body is still to be read.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Unreachable"/>.</exception>
    /// <exception cref="UploadException">The caller's body broke off.</exception>
    public async Task<ConsulExchange> OpenAsync(ConsulCall call, CancellationToken cancellationToken)
    {
        var start = _clock.GetTimestamp();
        Interlocked.Add(ref _holding, call.Holds ? 1 : 0);
        try
        {
            var exchange = await ConsulExchange.OpenAsync(
                Name,
                call.Silence ?? _options.RequestTime,
                call.Hold,
                async (upload, ends) =>
                {
                    using var message = MessageOf(call, upload);
                    return await Volatile.Read(ref _http).SendAsync(message, ends);
                },
                call.Upload,
                _clock,
                call.Holds ? Volatile.Read(ref _held).Token : CancellationToken.None,
                cancellationToken);
            if (!call.Holds)
            {
                Volatile.Write(ref _roundTrip, _clock.GetElapsedTime(start).Ticks);
            }

            return exchange;
        }
        finally
        {
            Interlocked.Add(ref _holding, call.Holds ? -1 : 0);
        }
    }

    // A caller waits for what a token may do, so what the cache asks for, or what is registered, is not in the way. Callers' own calls are bounded by their number.
    private TimeSpan TakePace(ConsulOperation operation)
    {
        lock (_paceGate)
        {
            return operation switch
            {
                ConsulOperation.Probe or ConsulOperation.Forward => TimeSpan.Zero,
                ConsulOperation.TokenSelf or ConsulOperation.Authorize => _tokenPace.Take(Pace, _clock),
                ConsulOperation.CatalogWrite => _writePace.Take(Pace, _clock),
                _ => _cachePace.Take(Pace, _clock),
            };
        }
    }

    private HttpRequestMessage MessageOf(ConsulCall call, HttpContent? upload)
    {
        var message = new HttpRequestMessage(call.Method, new Uri(_address, call.Target))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = upload,
        };
        message.Headers.TryAddWithoutValidation("User-Agent", "connect-agent");
        if (call.Token.Length > 0)
        {
            message.Headers.TryAddWithoutValidation("X-Consul-Token", call.Token);
        }

        foreach (var (name, value) in call.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value);
        }

        if (call.Body is not null)
        {
            message.Content = new ByteArrayContent(call.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return message;
    }
}
