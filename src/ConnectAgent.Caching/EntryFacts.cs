namespace ConnectAgent.Caching;

/// <summary>What an entry tells of itself.</summary>
/// <param name="Error">Why the refresh fails; null while it does not.</param>
/// <param name="Detail">What the kind tells of the value beside this; null for nothing.</param>
internal sealed record EntryFacts(ulong Index, TimeSpan Age, string? Error, object? Detail);
