using ConnectAgent.State;
using ConnectAgent.State.Storage;

namespace ConnectAgent.TestKit.State;

/// <summary>Keeps the state over a restart of a store and for several at once, and refuses or lets another writer in when told to.</summary>
internal sealed class SharedStateStorage : IStateStorage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Table, string Key), byte[]> _rows = [];
    private readonly Dictionary<string, ulong> _indexes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _counters = new(StringComparer.Ordinal);
    private ulong _revision;

    /// <summary>As a full disk.</summary>
    public bool IsFull { get; set; }

    /// <summary>Before each commit another writer has one of its own.</summary>
    public bool IsContended { get; set; }

    /// <summary>How often a commit was tried.</summary>
    public int Commits { get; private set; }

    /// <summary>Puts a row as an earlier revision has left it.</summary>
    public void Add<T>(StateTable<T> table, T row)
        where T : class => _rows[(table.Name, table.KeyOf(row))] = table.Encode(row);

    public StoredState Load()
    {
        lock (_gate)
        {
            return new StoredState(
                _revision,
                _rows.GroupBy(row => row.Key.Table).ToDictionary(
                    table => table.Key,
                    table => (IReadOnlyList<StoredRow>)[.. table.Select(row => new StoredRow(row.Key.Key, row.Value))],
                    StringComparer.Ordinal),
                [.. _indexes.Select(pair => new TableIndex(pair.Key, pair.Value))],
                new Dictionary<string, ulong>(_counters, StringComparer.Ordinal));
        }
    }

    public CommitResult Commit(ulong expected, IReadOnlyCollection<RowChange> changes, IReadOnlyCollection<TableIndex> indexes)
    {
        lock (_gate)
        {
            Commits++;
            _revision += IsContended ? 1UL : 0;
            if (IsFull)
            {
                throw new StateStorageException("disk full");
            }

            if (expected != _revision)
            {
                return new CommitResult(CommitOutcome.Conflict, _revision);
            }

            foreach (var change in changes)
            {
                if (change.Value is null)
                {
                    _rows.Remove((change.Table, change.Key));
                }
                else
                {
                    _rows[(change.Table, change.Key)] = [.. change.Value];
                }
            }

            foreach (var index in indexes)
            {
                _indexes[index.Table] = index.Index;
            }

            return new CommitResult(CommitOutcome.Committed, ++_revision);
        }
    }

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
        // The next start reads it.
    }
}
