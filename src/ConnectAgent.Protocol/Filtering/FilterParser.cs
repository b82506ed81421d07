using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>The grammar (http-conventions FLT-4) within the bounds of FLT-8.</summary>
/// <remarks>
/// A rule returns null where it does not fit and leaves the position to its caller. Only <c>not</c> is tried twice (it may also be a
/// value: <c>not in Tags</c>), and the second try looks at one word, so the time is linear in the length.
/// </remarks>
internal sealed class FilterParser
{
    /// <summary>In characters. A URL holds far less.</summary>
    [Limit(LengthLimit, "characters", "refused", Refuses = true)]
    public const int LongestExpression = 64 * 1024;
    private const string LengthLimit = "filter.expression";

    /// <summary>Levels of parentheses and <c>not</c> together.</summary>
    [Limit(DepthLimit, "levels", "refused", Refuses = true)]
    public const int DeepestNesting = 100;
    private const string DepthLimit = "filter.depth";

    private readonly FilterScanner _scanner;
    private readonly FilterPatternBudget _budget = new();
    private int _depth;

    private FilterParser(string text) => _scanner = new FilterScanner(text);

    /// <summary>Parses a whole text.</summary>
    /// <exception cref="FilterException">The text is no expression.</exception>
    public static FilterNode Parse(string text)
    {
        if (text.Length > LongestExpression)
        {
            throw new FilterException($"Expression is longer than {LongestExpression} characters") { Limit = LengthLimit };
        }

        var parser = new FilterParser(text);
        parser._scanner.SkipSpace();
        if (parser.Or() is { } node)
        {
            parser._scanner.SkipSpace();
            if (parser._scanner.IsAtEnd())
            {
                return node;
            }
        }

        throw parser._scanner.NoMatch();
    }

    private FilterNode? Or() => Chain("or", And, terms => new FilterNode.Any(terms));

    private FilterNode? And() => Chain("and", Unary, terms => new FilterNode.All(terms));

    private FilterNode? Chain(string word, Func<FilterNode?> term, Func<IReadOnlyList<FilterNode>, FilterNode> join)
    {
        if (term() is not { } first)
        {
            return null;
        }

        List<FilterNode> terms = [first];
        while (true)
        {
            var end = _scanner.Position;
            _scanner.SkipSpace();
            if (_scanner.TakeWord(word))
            {
                _scanner.SkipSpace();
                if (term() is { } next)
                {
                    terms.Add(next);
                    continue;
                }
            }

            _scanner.Position = end;
            return terms.Count == 1 ? first : join(terms);
        }
    }

    private FilterNode? Unary()
    {
        var start = _scanner.Position;
        if (_scanner.TakeWord("not"))
        {
            _scanner.SkipSpace();
            if (Nested(Unary) is { } term)
            {
                return new FilterNode.Not(term);
            }

            _scanner.Position = start;
        }

        if (!_scanner.Take("("))
        {
            return Match();
        }

        _scanner.SkipSpace();
        var node = Nested(Or);
        _scanner.SkipSpace();
        return node is not null && _scanner.Take(")") ? node : null;
    }

    private FilterNode? Nested(Func<FilterNode?> rule)
    {
        if (++_depth > DeepestNesting)
        {
            throw new FilterException(_scanner.Error($"expression is nested deeper than {DeepestNesting} levels").Message) { Limit = DepthLimit };
        }

        var node = rule();
        _depth--;
        return node;
    }

    private FilterNode.Leaf? Match()
    {
        var start = _scanner.Position;
        if (Literal() is { } value)
        {
            return SpacedOperator("in", out var notIn) is null || Selector() is not { } list
                ? null
                : Leaf(list, FilterOperator.In, notIn, value);
        }

        if (Selector() is not { } selector)
        {
            return null;
        }

        var word = _scanner.Since(start);
        var end = _scanner.Position;
        var spaced = _scanner.SkipSpace();
        if (_scanner.Take("=="))
        {
            return WithValue(selector, FilterOperator.Equal, negated: false);
        }

        if (_scanner.Take("!="))
        {
            return WithValue(selector, FilterOperator.Equal, negated: true);
        }

        if (!spaced)
        {
            return null;
        }

        if (_scanner.TakeWord("is"))
        {
            return Emptiness(selector);
        }

        _scanner.Position = end;
        return SpacedOperator(null, out var negated) switch
        {
            "in" => Selector() is { } list ? Leaf(list, FilterOperator.In, negated, word) : null,
            "contains" => WithValue(selector, FilterOperator.In, negated),
            "matches" => WithValue(selector, FilterOperator.Matches, negated),
            _ => null,
        };
    }

    // White space, perhaps "not", and then the only operator allowed or, if that is null, any that is a word.
    private string? SpacedOperator(string? only, out bool negated)
    {
        negated = false;
        if (!_scanner.SkipSpace())
        {
            return null;
        }

        negated = _scanner.TakeWord("not") && _scanner.SkipSpace();
        string[] words = only is null ? ["in", "contains", "matches"] : [only];
        var word = Array.Find(words, _scanner.TakeWord);
        _scanner.SkipSpace();
        return word;
    }

    private FilterNode.Leaf? Emptiness(IReadOnlyList<string> selector)
    {
        _scanner.SkipSpace();
        var negated = _scanner.TakeWord("not") && _scanner.SkipSpace();
        return _scanner.TakeWord("empty") ? Leaf(selector, FilterOperator.IsEmpty, negated, "") : null;
    }

    private FilterNode.Leaf? WithValue(IReadOnlyList<string> selector, FilterOperator operation, bool negated)
    {
        _scanner.SkipSpace();
        var start = _scanner.Position;
        if (Literal() is { } literal)
        {
            return Leaf(selector, operation, negated, literal);
        }

        // A bare word has the form of a selector and stands for its own characters.
        return Selector() is null ? null : Leaf(selector, operation, negated, _scanner.Since(start));
    }

    private FilterNode.Leaf Leaf(IReadOnlyList<string> selector, FilterOperator operation, bool negated, string value) =>
        new(new FilterMatch(selector, operation, negated, value, _budget));

    private string? Literal() => _scanner.TakeString() ?? _scanner.TakeNumber();

    private List<string>? Selector()
    {
        if (_scanner.TakeIdentifier() is not { } first)
        {
            return null;
        }

        List<string> parts = [first];
        while (true)
        {
            var end = _scanner.Position;
            var part = _scanner.Take(".") ? _scanner.TakeIdentifier() : Key();
            if (part is null)
            {
                _scanner.Position = end;
                return parts;
            }

            parts.Add(part);
        }
    }

    private string? Key() => _scanner.Take("[") && _scanner.TakeString() is { } key && _scanner.Take("]") ? key : null;
}
