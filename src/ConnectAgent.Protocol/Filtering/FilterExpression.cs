namespace ConnectAgent.Protocol.Filtering;

/// <summary>A boolean filter over items of one type (http-conventions FLT-4, FLT-5). Immutable; may be shared by threads.</summary>
public sealed class FilterExpression<T>
{
    private readonly Func<T, bool> _test;

    private FilterExpression(Func<T, bool> test) => _test = test;

    /// <summary>Parses an expression and binds its selectors, operators and values to the type.</summary>
    /// <param name="text">Not empty: an empty <c>filter=</c> means no filter (FLT-7), which is the caller's to see.</param>
    /// <exception cref="FilterException">The syntax, a selector, operator or value is wrong (FLT-6) or a bound passed (FLT-8).</exception>
#pragma warning disable CA1000 // The schema already tells the type, and the expression has no other way in.
    public static FilterExpression<T> Parse(string text, FilterSchema<T> schema) => new(Bind(FilterParser.Parse(text), schema));
#pragma warning restore CA1000

    public bool Matches(T item) => _test(item);

    // The parser bounds the depth (FLT-8), so neither this nor the tests it makes can exhaust the stack.
    private static Func<T, bool> Bind(FilterNode node, FilterSchema<T> schema)
    {
        switch (node)
        {
            case FilterNode.Any any:
                var alternatives = any.Terms.Select(term => Bind(term, schema)).ToArray();
                return item => Array.Exists(alternatives, test => test(item));
            case FilterNode.All all:
                var conditions = all.Terms.Select(term => Bind(term, schema)).ToArray();
                return item => Array.TrueForAll(conditions, test => test(item));
            case FilterNode.Not not:
                var inner = Bind(not.Term, schema);
                return item => !inner(item);
            default:
                return schema.Bind(((FilterNode.Leaf)node).Match, 0);
        }
    }
}
