using System.Collections.Frozen;

namespace ConnectAgent.State;

/// <summary>
/// All tables of the state, in the order of their registration, which is the order of their rows in a snapshot. A new table needs no change of the
/// schema on disk; a renamed one needs a migration.
/// </summary>
internal sealed class StateTableSet
{
    private readonly FrozenDictionary<string, StateTable> _byName;
    private readonly FrozenSet<string> _former;

    /// <summary>Collects what the features have registered.</summary>
    /// <param name="tables">Their tables.</param>
    /// <param name="former">Tables of former revisions.</param>
    /// <exception cref="ArgumentException">Two have one name.</exception>
    public StateTableSet(IEnumerable<StateTable> tables, IEnumerable<FormerTable> former)
    {
        All = [.. tables];
        _byName = All.ToDictionary(table => table.Name, StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal);
        _former = former.Select(table => table.Name).ToFrozenSet(StringComparer.Ordinal);
    }

    public IReadOnlyList<StateTable> All { get; }

    /// <summary>Finds a table by its name on disk.</summary>
    public StateTable? Named(string name) => _byName.GetValueOrDefault(name);

    public bool IsFormer(string name) => _former.Contains(name);

    public bool Contains(StateTable table) => ReferenceEquals(Named(table.Name), table);
}

/// <summary>A table of a former revision whose rows followed from others; what a snapshot has of it is passed over.</summary>
/// <param name="Name">In the snapshot.</param>
internal sealed record FormerTable(string Name);
