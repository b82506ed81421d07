namespace ConnectAgent.State;

/// <summary>Keeps nothing: the state lives and ends with the process (development mode, or no data directory).</summary>
internal sealed class MemoryStateStorage : IStateStorage
{
    public StoredState Load() => StoredState.Empty;

    public void Commit(IReadOnlyCollection<RowChange> changes, IReadOnlyCollection<TableIndex> indexes)
    {
        // The store holds the state itself.
    }

    public void Reserve(string counter, ulong upTo)
    {
        // Nothing outlives the process.
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
