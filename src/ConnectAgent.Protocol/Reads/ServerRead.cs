namespace ConnectAgent.Protocol.Reads;

/// <summary>What a read answered.</summary>
/// <param name="value">Immutable.</param>
/// <param name="index">As the server gave it; 0 where it gave none that is an index.</param>
public sealed class ServerRead<T>(T value, ulong index)
{
    public T Value { get; } = value;

    /// <summary>At least 1 (http-conventions IDX-9).</summary>
    public ulong Index { get; } = Math.Max(1, index);

    /// <summary>Whether the server broke the rule that an index is at least 1.</summary>
    public bool LacksIndex { get; } = index == 0;

    /// <summary>The same answer, its value made into something else.</summary>
    public ServerRead<TOther> With<TOther>(TOther value) => new(value, LacksIndex ? 0 : Index);

    /// <summary>How the index of this answer follows the one that is held.</summary>
    public IndexStep StepFrom(ulong held) => LacksIndex ? IndexStep.Broken
        : Index > held ? IndexStep.Forward
        : Index == held ? IndexStep.Same : IndexStep.Back;

    /// <summary>The index to ask from next; 0, from the start, after none or one of another life of the servers (http-conventions IDX-10).</summary>
    public ulong NextFrom(ulong held) => StepFrom(held) is IndexStep.Back or IndexStep.Broken ? 0 : Index;
}

/// <summary>How the index of an answer follows the one before it (http-conventions IDX-9, IDX-10).</summary>
public enum IndexStep
{
    /// <summary>Something was written since.</summary>
    Forward,

    /// <summary>Nothing was: the wait is over.</summary>
    Same,

    /// <summary>The server is in another life: who waits at the old index starts over (agent-cache CACHE-18).</summary>
    Back,

    /// <summary>The server gave none: no error, but who asks again at once would ask for ever, so it backs off as after a failure (agent-cache CACHE-17).</summary>
    Broken,
}
