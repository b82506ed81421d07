using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>A parsed expression, not yet bound to a schema (http-conventions FLT-4).</summary>
internal abstract record FilterNode
{
    public sealed record Any(IReadOnlyList<FilterNode> Terms) : FilterNode;

    public sealed record All(IReadOnlyList<FilterNode> Terms) : FilterNode;

    public sealed record Not(FilterNode Term) : FilterNode;

    public sealed record Leaf(FilterMatch Match) : FilterNode;
}

/// <summary>The four operators; each has a negative form. <c>contains</c> is <see cref="In"/> written the other way round.</summary>
internal enum FilterOperator
{
    Equal,
    In,
    IsEmpty,
    Matches,
}

/// <summary>One <c>match</c> of FLT-4.</summary>
/// <param name="Selector">The names and map keys, at least one.</param>
/// <param name="Value">As written, without quotes; empty for <see cref="FilterOperator.IsEmpty"/>.</param>
/// <param name="Budget">Shared by the matches of one expression.</param>
internal sealed record FilterMatch(
    IReadOnlyList<string> Selector, FilterOperator Operator, bool Negated, string Value, FilterPatternBudget Budget)
{
    /// <summary>FLT-5: a missing map key equals nothing, holds nothing and is empty. An absent object counts the same.</summary>
    public bool WhenMissing => (Operator == FilterOperator.IsEmpty) != Negated;

    private string QuotedSelector => GoQuote.Of(string.Join('.', Selector));

    /// <summary>Names the selector up to the part that is not valid (acl ACL-BR-3).</summary>
    /// <param name="part">Its index.</param>
    public FilterException InvalidSelector(int part) => new($"Selector {GoQuote.Of(string.Join('.', Selector.Take(part + 1)))} is not valid");

    public FilterException InvalidOperator() => new($"Invalid match operator \"{OperatorName()}\" for selector {QuotedSelector}");

    public FilterException CoercionFailed(string function, string problem) =>
        new($"Failed to coerce value {GoQuote.Of(Value)} for selector {QuotedSelector}: "
            + $"strconv.{function}: parsing {GoQuote.Of(Value)}: {problem}");

    private string OperatorName() => (Operator, Negated) switch
    {
        (FilterOperator.Equal, false) => "Equal",
        (FilterOperator.Equal, true) => "Not Equal",
        (FilterOperator.In, false) => "In",
        (FilterOperator.In, true) => "Not In",
        (FilterOperator.IsEmpty, false) => "Is Empty",
        (FilterOperator.IsEmpty, true) => "Is Not Empty",
        (_, false) => "Matches",
        (_, true) => "Not Matches",
    };
}
