using Microsoft.Extensions.Primitives;

namespace ConnectAgent.Http.Wire;

/// <summary>The options as they are now: a reload replaces them whole, so that a request reads them without a lock.</summary>
internal sealed class WireSettings(WireOptions options)
{
    private State _state = State.Of(options);

    public WireOptions Value => Volatile.Read(ref _state).Options;

    /// <summary>Those that are put on every answer; made once.</summary>
    public KeyValuePair<string, StringValues>[] Headers => Volatile.Read(ref _state).Headers;

    /// <summary>From now on it is this.</summary>
    public void Use(WireOptions next) => Volatile.Write(ref _state, State.Of(next));

    private sealed record State(WireOptions Options, KeyValuePair<string, StringValues>[] Headers)
    {
        public static State Of(WireOptions options) => new(
            options, [.. options.ResponseHeaders.Select(static header => KeyValuePair.Create(header.Key, new StringValues(header.Value)))]);
    }
}
