using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Timing;
using Polly;
using Polly.CircuitBreaker;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>
/// Calls of one kind about one datacenter at one server. They are spared the server for as long as it asked with <c>Retry-After</c>, and by a circuit
/// breaker while they fail; after a rest one call tries, and the others go on failing until it is known how that went.
/// </summary>
internal sealed class CallBreaker
{
    // As many failures as an entry of the cache makes before it pauses (agent-cache CACHE-22), and one more.
    private const int Fewest = 4;

    // A server that asks for more is asked again in the rhythm of the refresh back-off's ceiling (agent-cache CACHE-22).
    [Limit("servers.retry_after", "s", "a server that asks for more is asked again after this")]
    private static readonly TimeSpan LongestAsked = TimeSpan.FromSeconds(60);

    [Limit("servers.hold_off", "s", "the pause grows no further")]
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private static readonly ResiliencePropertyKey<ConsulCall> CallKey = new("connect-agent.call");

    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly CircuitBreakerManualControl _control = new();
    private readonly ResiliencePipeline _breaker;
    private readonly Lock _gate = new();
    private readonly HashSet<(string Subject, string Token)> _failing = [];
    private Asked? _asked;
    private ServerException? _failure;
    private long _restsUntil = long.MinValue;
    private long _usedAt;

    public CallBreaker(TimeProvider clock, Random random)
    {
        (_clock, _random) = (clock, random);
        _breaker = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = Fewest,
                SamplingDuration = Window,
                BreakDurationGenerator = failed => new ValueTask<TimeSpan>(RestAfter(failed.HalfOpenAttempts)),
                ShouldHandle = ended => new ValueTask<bool>(IsFailure(ended.Outcome, ended.Context)),
                StateProvider = _state,
                ManualControl = _control,
            })
            .Build();
    }

    /// <summary>A timestamp of the clock: when a call went here last.</summary>
    public long UsedAt => Volatile.Read(ref _usedAt);

    /// <summary>Whether a call would fail here, and another server may be better.</summary>
    public bool IsUnreachable => Volatile.Read(ref _asked) is { Failure.Kind: FailureKind.Unreachable } asked && Left(asked.Until) > TimeSpan.Zero
        || _state.CircuitState switch
        {
            CircuitState.Closed => false,
            CircuitState.Open => Left(Volatile.Read(ref _restsUntil)) > TimeSpan.Zero,
            _ => true,
        };

    /// <summary>How long calls still fail here; zero when they do not, or when one may try.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var asked = Volatile.Read(ref _asked) is { } pause ? Left(pause.Until) : TimeSpan.Zero;
            var rest = _state.CircuitState == CircuitState.Closed ? TimeSpan.Zero : Left(Volatile.Read(ref _restsUntil));
            return asked > rest ? asked : rest;
        }
    }

    /// <summary>Makes a call, and remembers how it went.</summary>
    /// <param name="call">Which.</param>
    /// <param name="send">Sends it.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <exception cref="ServerException">What the server refused with or failed with before, with a <see cref="NotSentException"/>; or as <paramref name="send"/>.</exception>
    public async Task<T> RunAsync<T>(ConsulCall call, Func<Task<T>> send, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _usedAt, _clock.GetTimestamp());
        if (Volatile.Read(ref _asked) is { } asked)
        {
            if (Left(asked.Until) > TimeSpan.Zero)
            {
                throw Refusal(asked.Failure, asked.Failure.Message);
            }

            Interlocked.CompareExchange(ref _asked, null, asked);
        }

        try
        {
            return call.MayTakeLong || _state.CircuitState == CircuitState.Closed
                ? await RunNotedAsync(call, send) : await TryAsync(call, send, cancellationToken);
        }
        catch (BrokenCircuitException)
        {
            throw Resting();
        }
        catch (RefusedException refused) when (refused.RetryAfter is { } length)
        {
            var until = _clock.GetTimestamp() + _clock.TicksOf(length < LongestAsked ? length : LongestAsked);
            Volatile.Write(ref _asked, new Asked(until, refused.Failure));
            throw;
        }
    }

    /// <summary>Takes note of the end of a call that went on behind <see cref="RunAsync"/>.</summary>
    public async ValueTask NoteAsync(ConsulCall call, Exception? error)
    {
        if (Weigh(error, call) is not { } note)
        {
            return;
        }

        var context = ContextOf(call, CancellationToken.None);
        await _breaker.ExecuteOutcomeAsync(static (_, note) => new ValueTask<Outcome<Note>>(Outcome.FromResult(note)), context, note);
        ResilienceContextPool.Shared.Return(context);
    }

    /// <summary>The server was lost and is there again: what failed meanwhile counts no more. What the server asked for still holds.</summary>
    public async Task ResetAsync()
    {
        if (_state.CircuitState != CircuitState.Closed)
        {
            await _control.CloseAsync();
        }

        lock (_gate)
        {
            _failing.Clear();
        }
    }

    // While the breaker is closed, or by what cannot be the one that tries because nobody would know for minutes: what the call's end says is noted behind it.
    private async Task<T> RunNotedAsync<T>(ConsulCall call, Func<Task<T>> send)
    {
        if (_state.CircuitState != CircuitState.Closed && Left(Volatile.Read(ref _restsUntil)) > TimeSpan.Zero)
        {
            throw Resting();
        }

        Exception? end = null;
        try
        {
            return await send();
        }
        catch (Exception error)
        {
            end = error;
            throw;
        }
        finally
        {
            await NoteAsync(call, end);
        }
    }

    // While it is not, the breaker lets one call through.
    private async Task<T> TryAsync<T>(ConsulCall call, Func<Task<T>> send, CancellationToken cancellationToken)
    {
        var context = ContextOf(call, cancellationToken);
        try
        {
            return await _breaker.ExecuteAsync(static (_, send) => new ValueTask<T>(send()), context, send);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static ResilienceContext ContextOf(ConsulCall call, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        context.Properties.Set(CallKey, call);
        return context;
    }

    private static ServerException Refusal(ServerException failure, string text) => new(failure.Kind, text, new NotSentException(failure)) { IsOfThisCall = true };

    private ServerException Resting()
    {
        var failure = Volatile.Read(ref _failure) ?? new ServerException(FailureKind.Unreachable, "it failed");
        return Refusal(failure, "rpc error getting client: failed to get conn: not tried again yet, after: " + failure.Message);
    }

    // A trial that tells nothing, or nothing new, has not succeeded.
    private bool IsFailure(Outcome<object> outcome, ResilienceContext context) => outcome.Exception is { } error
        ? context.Properties.TryGetValue(CallKey, out var call) && Weigh(error, call) != Note.Good
        : outcome.Result is Note.Bad;

    /// <summary>What the end of a call says about the breaker; null for nothing.</summary>
    private Note? Weigh(Exception? error, ConsulCall call)
    {
        Note? note = CallOutcomes.Of(error, call) switch
        {
            CallOutcome.ServerLost => Note.Bad,
            CallOutcome.CallFailed => IsAnother(call) ? Note.Bad : null,
            CallOutcome.TellsNothing => null,
            _ => Forget(),
        };
        if (note == Note.Bad)
        {
            Volatile.Write(ref _failure, error as ServerException ?? (error as RefusedException)?.Failure);
        }

        return note;
    }

    // One key that fails again and again is one failure; its own back-off keeps it from being asked in a loop.
    private bool IsAnother(ConsulCall call)
    {
        lock (_gate)
        {
            return _failing.Count >= Fewest || _failing.Add((call.Subject, call.Token));
        }
    }

    private Note Forget()
    {
        lock (_gate)
        {
            _failing.Clear();
        }

        return Note.Good;
    }

    // 0.5 to 1 s, doubling up to 4 to 8 s: agents that lost the same server do not come back to it together.
    private TimeSpan RestAfter(int trials)
    {
        var rest = TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(trials, 10)), LongestRest.TotalSeconds)) * ((1 + _random.NextDouble()) / 2);
        Volatile.Write(ref _restsUntil, _clock.GetTimestamp() + _clock.TicksOf(rest));
        return rest;
    }

    private TimeSpan Left(long until)
    {
        var left = until - _clock.GetTimestamp();
        return left > 0 ? TimeSpan.FromSeconds((double)left / _clock.TimestampFrequency) : TimeSpan.Zero;
    }

    private enum Note
    {
        Good,
        Bad,
    }

    private sealed record Asked(long Until, ServerException Failure);
}
