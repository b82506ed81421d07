using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>
/// Spares a server calls of one kind: for as long as it asked with <c>Retry-After</c>, and when it keeps failing. Until then calls fail here; after
/// failures one call tries, and the others go on failing until it is known how that went.
/// </summary>
internal sealed class HoldOff(TimeProvider clock, Random random)
{
    private const int Free = 3;

    // A server that asks for more is asked again in the rhythm of the refresh back-off's ceiling (agent-cache CACHE-22).
    [Limit("servers.retry_after", "s", "a server that asks for more is asked again after this")]
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    [Limit("servers.hold_off", "s", "the pause grows no further")]
    private static readonly TimeSpan LongestOwn = TimeSpan.FromSeconds(8);

    private readonly Lock _gate = new();
    private Pause? _pause;
    private int _failures;
    private bool _trying;

    /// <summary>Whether a call would fail here, and another server may be better.</summary>
    public bool IsAway => Volatile.Read(ref _pause) is { Refusal.Kind: FailureKind.Unreachable } pause && Left(pause) > TimeSpan.Zero;

    /// <summary>How long calls still fail here; zero when they do not.</summary>
    public TimeSpan Remaining => Volatile.Read(ref _pause) is { } pause ? Left(pause) : TimeSpan.Zero;

    /// <summary>Lets a call pass. Tell how it went.</summary>
    /// <param name="holds">A call that may be held cannot be the one that tries: nobody would know for minutes.</param>
    /// <exception cref="ServerException">What the server refused with, or failed with.</exception>
    public void Enter(bool holds)
    {
        if (Volatile.Read(ref _pause) is null)
        {
            return;
        }

        lock (_gate)
        {
            if (_pause is { } pause)
            {
                if (Left(pause) > TimeSpan.Zero || (pause.IsOwn && _trying && !holds))
                {
                    throw pause.Refusal.ToThrow();
                }

                _trying |= pause.IsOwn && !holds;
                _pause = pause.IsOwn ? pause : null;
            }
        }
    }

    /// <summary>The server answered well; what it asked for still holds.</summary>
    public void Succeeded()
    {
        if (Volatile.Read(ref _pause) is null && Volatile.Read(ref _failures) == 0)
        {
            return;
        }

        lock (_gate)
        {
            _failures = 0;
            _trying = false;
            _pause = _pause is { IsOwn: false } ? _pause : null;
        }
    }

    /// <summary>A call ended without telling anything of the server.</summary>
    public void Ended()
    {
        lock (_gate)
        {
            _trying = false;
        }
    }

    /// <summary>A call failed. Those that fail together are one failure.</summary>
    public void Failed(ServerException error, TimeSpan? retryAfter)
    {
        lock (_gate)
        {
            _trying = false;
            if (retryAfter is { } asked && asked > TimeSpan.Zero)
            {
                _pause = new Pause(clock.GetTimestamp(), asked < Longest ? asked : Longest, error, IsOwn: false);
            }
            else if (error.Kind == FailureKind.Unreachable && !(_pause is { } pause && Left(pause) > TimeSpan.Zero) && ++_failures > Free)
            {
                var refusal = new ServerException(
                    FailureKind.Unreachable, "rpc error getting client: failed to get conn: not tried again yet, after: " + error.Message);
                _pause = new Pause(clock.GetTimestamp(), LengthAfter(_failures - Free), refusal, IsOwn: true);
            }
        }
    }

    // 0.5 to 1 s, doubling up to 4 to 8 s: agents that lost the same server do not come back to it together.
    private TimeSpan LengthAfter(int failures)
    {
        var doubled = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures - 1, 10)));
        return (doubled < LongestOwn ? doubled : LongestOwn) * ((1 + random.NextDouble()) / 2);
    }

    private TimeSpan Left(Pause pause)
    {
        var left = pause.Length - clock.GetElapsedTime(pause.From);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private sealed record Pause(long From, TimeSpan Length, ServerException Refusal, bool IsOwn);
}
