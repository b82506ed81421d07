using System.Collections.Immutable;

namespace ConnectAgent.State;

/// <summary>
/// Another key by which the rows of a table are found; several rows may share one, and one row may have several. It is worked out from the row and
/// not stored. It has an index, too, so that a read of what shares it depends on nothing else.
/// </summary>
internal abstract class SecondKey
{
    private (StateTable Table, int Place)? _place;

    public StateTable Table => Placed.Table;

    /// <summary>Which one of its table's it is.</summary>
    internal int Place => Placed.Place;

    private (StateTable Table, int Place) Placed =>
        _place ?? throw new InvalidOperationException("a second key of no table");

    internal void PutIn(StateTable table, int place) => _place = (table, place);

    internal abstract IEnumerable<string> Of(object row);
}

/// <inheritdoc/>
/// <param name="keysOf">The keys of a row, each once.</param>
internal sealed class SecondKey<T>(Func<T, IEnumerable<string>> keysOf) : SecondKey
    where T : class
{
    internal override IEnumerable<string> Of(object row) => keysOf((T)row);
}

/// <summary>The rows of a table by one of its second keys.</summary>
/// <param name="Keys">What is shared, in ordinal order.</param>
/// <param name="Emptied">The index at which one of them lost its last row, the last time; 0 for never.</param>
internal readonly record struct SecondRows(ImmutableSortedDictionary<string, RowKeys> Keys, ulong Emptied)
{
    public static SecondRows Empty { get; } = new(ImmutableSortedDictionary.Create<string, RowKeys>(StringComparer.Ordinal), 0);

    /// <summary>With a write of a row in it.</summary>
    /// <param name="key">The row's.</param>
    /// <param name="before">What the row had; empty when it is new.</param>
    /// <param name="after">What it has; empty when it went.</param>
    /// <param name="index">Of the write.</param>
    public SecondRows With(string key, IReadOnlyList<string> before, IReadOnlyList<string> after, ulong index)
    {
        var (keys, emptied) = this;
        foreach (var second in before)
        {
            if (!after.Contains(second))
            {
                var left = keys[second].Without(key, index);
                (keys, emptied) = left.Count == 0 ? (keys.Remove(second), index) : (keys.SetItem(second, left), emptied);
            }
        }

        foreach (var second in after)
        {
            keys = keys.SetItem(second, keys.GetValueOrDefault(second, RowKeys.None).With(key, index));
        }

        return new SecondRows(keys, emptied);
    }
}

/// <summary>
/// The keys of the rows that share a second key: mostly one, which then stands here itself, or a few, in an array. A write to thousands of them costs their
/// logarithm. A class, because the framework has code for maps of those that is compiled ahead.
/// </summary>
internal sealed class RowKeys
{
    // A tree of as many takes four times the memory.
    private const int AFew = 8;

    private static readonly ImmutableSortedSet<string> NoKeys = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    private readonly object? _keys;

    private RowKeys(object? keys, ulong index) => (_keys, Index) = (keys, index);

    public static RowKeys None { get; } = new(null, 0);

    /// <summary>Of the last write of a row that has the second key, or had it.</summary>
    public ulong Index { get; }

    public int Count => _keys switch
    {
        null => 0,
        string => 1,
        string[] few => few.Length,
        _ => ((ImmutableSortedSet<string>)_keys).Count,
    };

    /// <summary>Those of a table.</summary>
    /// <param name="keys">In ordinal order, each once; at least one.</param>
    public static RowKeys Of(IReadOnlyList<string> keys, ulong index) =>
        new(keys.Count == 1 ? keys[0] : keys.Count <= AFew ? keys.ToArray() : NoKeys.Union(keys), index);

    public RowKeys With(string key, ulong index) => new(
        _keys switch
        {
            null => key,
            string only => only == key ? only : With([only], key),
            string[] few => With(few, key),
            _ => ((ImmutableSortedSet<string>)_keys).Add(key),
        },
        index);

    public RowKeys Without(string key, ulong index) => new(
        _keys switch
        {
            string only => only == key ? null : only,
            string[] few => Without(few, key),
            ImmutableSortedSet<string> many => Small(many.Remove(key)),
            _ => null,
        },
        index);

    /// <summary>In ordinal order.</summary>
    public IEnumerable<string> All() => _keys switch
    {
        null => [],
        string only => [only],
        _ => (IEnumerable<string>)_keys,
    };

    private static object With(string[] few, string key)
    {
        var place = Array.BinarySearch(few, key, StringComparer.Ordinal);
        return place >= 0 ? few
            : few.Length == AFew ? NoKeys.Union(few).Add(key)
            : (object)(string[])[.. few.AsSpan(0, ~place), key, .. few.AsSpan(~place)];
    }

    private static object Without(string[] few, string key)
    {
        var left = Array.FindAll(few, other => other != key);
        return left.Length == 1 ? left[0] : left;
    }

    // At half of what turned it into a tree, so that none goes to and fro.
    private static object Small(ImmutableSortedSet<string> keys) => keys.Count > AFew / 2 ? keys : keys.ToArray();
}
