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

    /// <summary>How often a snapshot file has replaced the state in this process.</summary>
    public int Generation { get; }

    /// <summary>The rows of a table by key, in ordinal order.</summary>
    public ImmutableSortedDictionary<string, T> Rows<T>(StateTable<T> table)
        where T : class => StateTable<T>.RowsOf(Of(table));

    /// <summary>One row; null when there is none.</summary>
    public T? Find<T>(StateTable<T> table, string key)
        where T : class => Rows(table).GetValueOrDefault(table.Normal(key));

    /// <summary>The rows that have a second key; mostly one, or none.</summary>
    public IEnumerable<T> FindBySecond<T>(StateTable<T> table, string second)
        where T : class
    {
        var state = Of(table);
        return state.SecondKeys.TryGetValue(second, out var keys) ? keys.Select(key => StateTable<T>.RowsOf(state)[key]) : [];
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
