using System.Collections.Immutable;

namespace ConnectAgent.State;

/// <summary>All state at one moment. Immutable: readers keep it as long as they like.</summary>
internal sealed class StateSnapshot
{
    private readonly ImmutableDictionary<StateTable, TableState> _tables;

    private StateSnapshot(ImmutableDictionary<StateTable, TableState> tables, int generation) => (_tables, Generation) = (tables, generation);

    public static StateSnapshot Empty { get; } = new(ImmutableDictionary<StateTable, TableState>.Empty, 0);

    /// <summary>How often a snapshot file has replaced the state in this process.</summary>
    public int Generation { get; }

    /// <summary>The rows of a table by key, in ordinal order.</summary>
    public ImmutableSortedDictionary<string, T> Rows<T>(StateTable<T> table)
        where T : class => StateTable<T>.RowsOf(Of(table));

    /// <summary>One row; null when there is none.</summary>
    public T? Find<T>(StateTable<T> table, string key)
        where T : class => Rows(table).GetValueOrDefault(key);

    /// <summary>The rows that have a second key; mostly one, or none.</summary>
    public IEnumerable<T> FindBySecond<T>(StateTable<T> table, string second)
        where T : class
    {
        var state = Of(table);
        return state.SecondKeys.TryGetValue(second, out var keys) ? keys.Select(key => StateTable<T>.RowsOf(state)[key]) : [];
    }

    /// <summary>The highest index of any write or delete in these tables; 0 when they were never written.</summary>
    public ulong IndexOf(params ReadOnlySpan<StateTable> tables)
    {
        var highest = 0UL;
        foreach (var table in tables)
        {
            highest = Math.Max(highest, Of(table).Index);
        }

        return highest;
    }

    internal TableState Of(StateTable table) => _tables.GetValueOrDefault(table) ?? table.Empty;

    internal StateSnapshot With(StateTable table, TableState state) => new(_tables.SetItem(table, state), Generation);

    internal StateSnapshot NextGeneration() => new(_tables, Generation + 1);
}
