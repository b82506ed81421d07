namespace ConnectAgent.State;

/// <summary>
/// Where the state is kept over a restart. Exactly one is registered: memory or SQLite; both pass <c>StateStorageConformance</c>. The store
/// calls <see cref="Commit"/> from one thread at a time, <see cref="Reserve"/> from any.
/// </summary>
internal interface IStateStorage : IDisposable
{
    /// <summary>Reads all that was committed.</summary>
    /// <exception cref="StateStorageException">Unreadable, damaged, or written by a newer version.</exception>
    StoredState Load();

    /// <summary>Writes all of it or none; when it returns, it is on disk.</summary>
    /// <param name="changes">Rows to put or, without a value, to remove. Not to be kept: the values are zeroed after the call.</param>
    /// <param name="indexes">The last index of each table that changed.</param>
    /// <exception cref="StateStorageException">Nothing was written, for instance because the disk is full.</exception>
    void Commit(IReadOnlyCollection<RowChange> changes, IReadOnlyCollection<TableIndex> indexes);

    /// <summary>Notes that a counter may be given out up to a value; after a restart it starts above it.</summary>
    /// <exception cref="StateStorageException">As for <see cref="Commit"/>.</exception>
    void Reserve(string counter, ulong upTo);
}

/// <summary>What was stored.</summary>
/// <param name="Tables">Rows by table name.</param>
/// <param name="Indexes">Of each table.</param>
/// <param name="Counters">What was reserved last.</param>
internal sealed record StoredState(
    IReadOnlyDictionary<string, IReadOnlyList<StoredRow>> Tables,
    IReadOnlyList<TableIndex> Indexes,
    IReadOnlyDictionary<string, ulong> Counters)
{
    public static StoredState Empty { get; } = new(
        new Dictionary<string, IReadOnlyList<StoredRow>>(StringComparer.Ordinal), [], new Dictionary<string, ulong>(StringComparer.Ordinal));
}

/// <summary>A row as stored: JSON in UTF-8. May hold a private key: never printed.</summary>
internal readonly record struct StoredRow(string Key, byte[] Value)
{
    public override string ToString() => Key;
}

/// <summary>A change of a row; a null value removes it.</summary>
internal readonly record struct RowChange(string Table, string Key, byte[]? Value)
{
    public override string ToString() => $"{Table}/{Key}";
}

/// <summary>The index of a table's last write.</summary>
internal readonly record struct TableIndex(string Table, ulong Index);

/// <summary>The storage cannot be read or written; the text says why and holds no row.</summary>
internal sealed class StateStorageException(string text, Exception? inner = null) : Exception(text, inner);
