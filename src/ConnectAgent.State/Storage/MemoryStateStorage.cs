namespace ConnectAgent.State.Storage;

/// <summary>
/// Keeps no row: the state lives and ends with the process (development mode, or no data directory). So it is one store's alone, which finds nothing
/// when it reads; it keeps what a commit and a reservation are compared with.
/// </summary>
internal sealed class MemoryStateStorage : IStateStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ulong> _counters = new(StringComparer.Ordinal);
    private ulong _revision;

    public StoredState Load() => StoredState.Empty with { Revision = _revision };

    public CommitResult Commit(ulong expected, IReadOnlyCollection<RowChange> changes, IReadOnlyCollection<TableIndex> indexes) =>
        expected == _revision ? new CommitResult(CommitOutcome.Committed, ++_revision) : new CommitResult(CommitOutcome.Conflict, _revision);

    public bool TryReserve(string counter, ref ulong reserved, ulong upTo)
    {
        lock (_gate)
        {
            var stored = _counters.GetValueOrDefault(counter);
            if (stored != reserved)
            {
                reserved = stored;
                return false;
            }

            _counters[counter] = reserved = upTo;
            return true;
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
