using System.Collections.Immutable;

namespace ConnectAgent.State;

/// <summary>All state at one moment. Immutable: readers keep it as long as they like.</summary>
internal sealed class StateSnapshot
{
    private readonly ImmutableDictionary<StateTable, TableState> _tables;

    private readonly ImmutableDictionary<StateTableGroup, ulong> _groups;

    private StateSnapshot(ImmutableDictionary<StateTable, TableState> tables, ImmutableDictionary<StateTableGroup, ulong> groups, int generation) =>
        (_tables, _groups, Generation) = (tables, groups, generation);

    public static StateSnapshot Empty { get; } = new(
        ImmutableDictionary<StateTable, TableState>.Empty, ImmutableDictionary<StateTableGroup, ulong>.Empty, 0);

    /// <summary>Tells this moment from every other, without keeping all of the state.</summary>
    public object Mark { get; } = new();

    /// <summary>How often a snapshot file has replaced the state in this process.</summary>
    public int Generation { get; }

    /// <summary>The rows of a table by key, in ordinal order.</summary>
    public ImmutableSortedDictionary<string, T> Rows<T>(StateTable<T> table)
        where T : class => StateTable<T>.RowsOf(Of(table));

    /// <summary>One row; null when there is none.</summary>
    public T? Find<T>(StateTable<T> table, string key)
        where T : class => Rows(table).GetValueOrDefault(table.Normal(key));

    /// <summary>The rows that have a second key, in the order of their keys; mostly one, or none.</summary>
    public IEnumerable<T> FindBySecond<T>(SecondKey<T> key, string second)
        where T : class
    {
        var state = Of(key.Table);
        return state.Seconds[key.Place].Keys.TryGetValue(second, out var keys)
            ? keys.All().Select(row => StateTable<T>.RowsOf(state)[row])
            : [];
    }

    /// <summary>All that rows have as a second key.</summary>
    public SecondRows By(SecondKey key) => Of(key.Table).Seconds[key.Place];

    /// <summary>
    /// The index of the last write of what a read depends on. Of a second key that no row has: of the time when one lost its last row; of a row that is
    /// not there: of its table.
    /// </summary>
    public ulong IndexOf(Topic topic)
    {
        if (topic.Table is not { } table)
        {
            return 0;
        }

        var state = Of(table);
        return topic switch
        {
            { Key: null } => state.Index,
            { Second: { } second } => state.Seconds[second.Place] is var rows && rows.Keys.TryGetValue(topic.Key, out var keys) ? keys.Index : rows.Emptied,
            _ => table.Find(state, topic.Key) is { } row ? table.IndexIn(row) : state.Index,
        };
    }

    /// <summary>The index of the last write or delete in a table; 0 when it was never written.</summary>
    public ulong IndexOf(StateTable table) => Of(table).Index;

    /// <summary>The highest index of any write or delete in the tables of a group; 0 when none was ever written.</summary>
    public ulong IndexOf(StateTableGroup group) => _groups.GetValueOrDefault(group);

    internal TableState Of(StateTable table) => _tables.GetValueOrDefault(table) ?? table.Empty;

    internal StateSnapshot With(StateTable table, TableState state) => new(
        _tables.SetItem(table, state),
        table.Group is { } group ? _groups.SetItem(group, Math.Max(IndexOf(group), state.Index)) : _groups,
        Generation);

    internal StateSnapshot InGeneration(int generation) => new(_tables, _groups, generation);
}
