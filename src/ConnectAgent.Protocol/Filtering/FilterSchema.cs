namespace ConnectAgent.Protocol.Filtering;

/// <summary>The selectors of a type and how to read them; names are case-sensitive (http-conventions FLT-5).</summary>
/// <remarks>Built once, then only read: adding a selector while others parse is not supported.</remarks>
public sealed class FilterSchema<T>
{
    // A field turns the match whose selector has reached it (the index is that of the next part) into a test of an item.
    private readonly Dictionary<string, Func<FilterMatch, int, Func<T, bool>>> _fields = new(StringComparer.Ordinal);

    /// <summary>A text: <c>==</c>, <c>in</c> and <c>contains</c> (substring), <c>matches</c>. Null counts as empty.</summary>
    public FilterSchema<T> Text(string name, Func<T, string?> read) => Value(name, match =>
    {
        var test = FilterTests.Text(match);
        return item => test(read(item) ?? "");
    });

    /// <summary>A whole number: <c>==</c>.</summary>
    public FilterSchema<T> Number(string name, Func<T, long> read) => Value(name, match =>
    {
        var test = FilterTests.Number(match);
        return item => test(read(item));
    });

    /// <summary>A boolean: <c>==</c>.</summary>
    public FilterSchema<T> Flag(string name, Func<T, bool> read) => Value(name, match =>
    {
        var test = FilterTests.Flag(match);
        return item => test(read(item));
    });

    /// <summary>Texts: <c>in</c> and <c>contains</c> (membership), <c>is empty</c>. Null counts as empty.</summary>
    public FilterSchema<T> TextList(string name, Func<T, IReadOnlyList<string>?> read) => Value(name, match =>
    {
        var test = FilterTests.TextList(match);
        return item => test(read(item) ?? []);
    });

    /// <summary>A map: <c>in</c>, <c>contains</c> (key present), <c>is empty</c>. <c>name.key</c>, <c>name["key"]</c> are texts.</summary>
    public FilterSchema<T> TextMap(string name, Func<T, IReadOnlyDictionary<string, string>?> read) =>
        Map(name, read, Last<string>(match =>
        {
            var test = FilterTests.Text(match);
            return text => test(text ?? "");
        }));

    /// <summary>A map like <see cref="TextMap"/>, whose values are lists of texts.</summary>
    public FilterSchema<T> TextListMap(string name, Func<T, IReadOnlyDictionary<string, IReadOnlyList<string>>?> read) =>
        Map(name, read, Last<IReadOnlyList<string>>(FilterTests.TextList));

    /// <summary>A map like <see cref="TextMap"/>, whose values are objects: <c>name.key.part</c>.</summary>
    public FilterSchema<T> ObjectMap<TPart>(string name, Func<T, IReadOnlyDictionary<string, TPart>?> read, FilterSchema<TPart> schema) =>
        Map(name, read, schema.Bind);

    /// <summary>An object: only its parts can be tested. An absent one counts as a missing map key.</summary>
    public FilterSchema<T> Object<TPart>(string name, Func<T, TPart?> read, FilterSchema<TPart> schema) => Add(name, (match, next) =>
    {
        var test = schema.Bind(match, next);
        return item => read(item) is { } value ? test(value) : match.WhenMissing;
    });

    /// <summary>Objects: <c>is empty</c>; a selector through the list holds if any element passes, also for a negative operator.</summary>
    public FilterSchema<T> List<TElement>(
        string name, Func<T, IReadOnlyList<TElement>?> read, FilterSchema<TElement> schema) => Add(name, (match, next) =>
    {
        if (next == match.Selector.Count)
        {
            var empty = FilterTests.Emptiness(match);
            return item => empty(read(item)?.Count ?? 0);
        }

        var test = schema.Bind(match, next);
        return item => read(item) is { } list && list.Any(test);
    });

    /// <summary>Binds the rest of a selector, from the part with index <paramref name="next"/>.</summary>
    internal Func<T, bool> Bind(FilterMatch match, int next)
    {
        if (next == match.Selector.Count)
        {
            throw match.InvalidOperator();
        }

        return _fields.TryGetValue(match.Selector[next], out var field) ? field(match, next + 1) : throw match.InvalidSelector(next);
    }

    private FilterSchema<T> Map<TValue>(
        string name, Func<T, IReadOnlyDictionary<string, TValue>?> read, Func<FilterMatch, int, Func<TValue, bool>> bind) => Add(name, (match, next) =>
    {
        if (next == match.Selector.Count)
        {
            var whole = FilterTests.Keys<TValue>(match);
            return item => whole(read(item));
        }

        var key = match.Selector[next];
        var test = bind(match, next + 1);
        return item => read(item) is { } map && map.TryGetValue(key, out var value) ? test(value) : match.WhenMissing;
    });

    private FilterSchema<T> Value(string name, Func<FilterMatch, Func<T, bool>> bind) => Add(name, Last(bind));

    // What has no parts ends a selector.
    private static Func<FilterMatch, int, Func<TValue, bool>> Last<TValue>(Func<FilterMatch, Func<TValue, bool>> bind) =>
        (match, next) => next == match.Selector.Count ? bind(match) : throw match.InvalidSelector(next);

    private FilterSchema<T> Add(string name, Func<FilterMatch, int, Func<T, bool>> field)
    {
        _fields.Add(name, field);
        return this;
    }
}
