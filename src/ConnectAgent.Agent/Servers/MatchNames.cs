namespace ConnectAgent.Agent.Servers;

/// <summary>Which intentions a match asks for (intentions MAT-2, MAT-3).</summary>
/// <param name="ByDestination">Whether the names are destinations; else sources.</param>
/// <param name="Names">Plain service names, at least one; an empty name finds only wildcards.</param>
public sealed record MatchNames(bool ByDestination, IReadOnlyList<string> Names);
