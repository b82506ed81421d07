namespace ConnectAgent.Caching;

/// <summary>Where a restored value comes from.</summary>
/// <param name="Index">The index it had.</param>
/// <param name="Age">Since a server last said so.</param>
/// <param name="Idle">Since it was last read.</param>
internal readonly record struct RestoredOrigin(ulong Index, TimeSpan Age, TimeSpan Idle);
