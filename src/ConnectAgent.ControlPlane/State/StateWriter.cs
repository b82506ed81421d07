namespace ConnectAgent.ControlPlane.State;

/// <summary>What one write sees and does. It is thrown away when the write throws (intentions IXN-7).</summary>
/// <param name="state">The state that the write starts from.</param>
/// <param name="takeIndex">Gives the index of the write, when it asks for one.</param>
internal sealed class StateWriter(StateSnapshot state, Func<ulong> takeIndex)
{
    private readonly Dictionary<(StateTable Table, string Key), object?> _changes = [];
    private ulong? _index;

    /// <summary>The state with what this write has done so far.</summary>
    public StateSnapshot State { get; private set; } = state;

    /// <summary>The index that this write has; a write that changes nothing need not ask for it, and then uses none up.</summary>
    public ulong Index => _index ??= takeIndex();

    /// <summary>What changed: the new row, or null where it is gone.</summary>
    internal IReadOnlyDictionary<(StateTable Table, string Key), object?> Changes => _changes;

    /// <summary>Adds or replaces a row.</summary>
    public void Put<T>(StateTable<T> table, string key, T row)
        where T : class
    {
        State = State.With(table, State.Rows(table).SetItem(key, row), Index);
        _changes[(table, key)] = row;
    }

    /// <summary>The write replaces the state by another one: every reader is to look again.</summary>
    public void Replaces() => State = State.NextGeneration();

    /// <summary>Removes a row.</summary>
    /// <returns>Whether there was one; if not, nothing is written.</returns>
    public bool Remove<T>(StateTable<T> table, string key)
        where T : class
    {
        var rows = State.Rows(table);
        if (!rows.ContainsKey(key))
        {
            return false;
        }

        State = State.With(table, rows.Remove(key), Index);
        _changes[(table, key)] = null;
        return true;
    }
}
