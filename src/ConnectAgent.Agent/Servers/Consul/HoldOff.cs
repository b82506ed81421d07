using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>What a server asked for with <c>Retry-After</c>: until then calls fail here, with its own words, without asking it again.</summary>
internal sealed class HoldOff(TimeProvider clock)
{
    // A server that asks for more is asked again in the rhythm of the refresh back-off's ceiling (agent-cache CACHE-22).
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private Pause? _pause;

    /// <summary>Throws while the pause lasts.</summary>
    /// <exception cref="ServerException">What the server refused with.</exception>
    public void ThrowIfPaused()
    {
        if (Volatile.Read(ref _pause) is { } pause && clock.GetElapsedTime(pause.From) < pause.Length)
        {
            throw pause.Refusal.ToThrow();
        }
    }

    /// <summary>Begins a pause; an answer without <c>Retry-After</c> begins none.</summary>
    public void Begin(TimeSpan? retryAfter, ServerException refusal)
    {
        if (retryAfter is { } length && length > TimeSpan.Zero)
        {
            Volatile.Write(ref _pause, new Pause(clock.GetTimestamp(), length < Longest ? length : Longest, refusal));
        }
    }

    private sealed record Pause(long From, TimeSpan Length, ServerException Refusal);
}
