namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>What an agent answered of one thing, and when it was asked and answered.</summary>
/// <param name="Start">Before the question was sent.</param>
/// <param name="End">After the answer had come.</param>
/// <param name="Generation">Which state it shows; -1 for one that never was. Null: it is a decision, and shows a single bit of it.</param>
/// <param name="Peer">Of a decision: who asked to be let in.</param>
/// <param name="Allowed">The decision.</param>
internal readonly record struct Answer(TimeSpan Start, TimeSpan End, int? Generation, int Peer = 0, bool Allowed = false)
{
    /// <summary>
    /// Whom a generation lets in: half of the peers, drawn from the number, so that one decision in two tells a generation from any other one.
    /// </summary>
    public static bool Allows(int generation, int peer)
    {
        var mixed = unchecked(((uint)generation * 2654435761u) ^ (((uint)peer + 1) * 2246822519u));
        mixed = unchecked((mixed ^ (mixed >> 15)) * 2654435769u);
        return (mixed >> 31) == 1;
    }

    public bool Fits(int generation) => Generation is { } shown ? shown == generation : Allows(generation, Peer) == Allowed;
}
