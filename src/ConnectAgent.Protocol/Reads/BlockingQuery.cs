namespace ConnectAgent.Protocol.Reads;

/// <summary>How a read blocks: the one form in which an index travels from a caller to the servers (http-conventions IDX-1 to IDX-5).</summary>
/// <param name="Index">The index of the last answer; 0 asks for an answer at once, and nothing else (IDX-3). Not a time, and may go backwards.</param>
/// <param name="Wait">The longest hold; null or non-positive: whoever holds the read takes its own default (IDX-4).</param>
public readonly record struct BlockingQuery(ulong Index, TimeSpan? Wait = null)
{
    /// <summary>Whether the answer is held until its index is another.</summary>
    public bool Blocks => Index > 0;

    /// <summary>The longest hold.</summary>
    /// <param name="unlessAsked">For a missing or non-positive wait.</param>
    /// <param name="longest">The cap of what is asked for.</param>
    public TimeSpan LimitedWait(TimeSpan unlessAsked, TimeSpan longest) =>
        Wait is { } wait && wait > TimeSpan.Zero ? (wait < longest ? wait : longest) : unlessAsked;
}
