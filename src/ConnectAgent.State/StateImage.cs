namespace ConnectAgent.State;

/// <summary>All of the state at one moment, as a snapshot file holds it.</summary>
/// <param name="Index">The last index given out.</param>
/// <param name="Serial">The last certificate serial given out.</param>
/// <param name="State">The tables.</param>
internal sealed record StateImage(ulong Index, ulong Serial, StateSnapshot State);
