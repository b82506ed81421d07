using System.Text.RegularExpressions;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>A regular expression that takes a text apart: RE2 syntax, unanchored, in linear time and within the bounds of those of filters (services PQ-8).</summary>
public sealed class CapturingPattern
{
    private readonly Regex _regex;

    private CapturingPattern(Regex regex, int size) => (_regex, Size) = (regex, size);

    /// <summary>What it takes of the bound on the patterns of one filter: the memory of its use follows it.</summary>
    public int Size { get; }

    /// <summary>Compiles one.</summary>
    /// <param name="pattern">As a caller wrote it.</param>
    /// <exception cref="FilterException">With the words of the reference where they are known.</exception>
    public static CapturingPattern Compile(string pattern)
    {
        var budget = new FilterPatternBudget();
        var regex = FilterPattern.Build(pattern, budget, captures: true, static (bad, reason) => bad is null ? reason : "error parsing regexp: " + reason);
        return new CapturingPattern(regex, budget.Spent);
    }

    /// <summary>The parts of a text: the match, then each group; a group that took no part is empty.</summary>
    /// <returns>Empty when the text does not match.</returns>
    public IReadOnlyList<string> GroupsOf(string text) => _regex.Match(text) is { Success: true } match
        ? [.. match.Groups.Values.Select(static group => group.Value)]
        : [];
}
