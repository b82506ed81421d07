namespace ConnectAgent.State.Storage;

/// <summary>
/// Where the state is kept over a restart. Exactly one is registered: memory or SQLite; both pass <c>StateStorageConformance</c>. It may have other
/// writers: nothing is written over what the caller has not seen. The store calls <see cref="Commit"/> from one thread at a time,
/// <see cref="TryReserve"/> from any.
/// </summary>
internal interface IStateStorage : IDisposable
{
    /// <summary>Reads all that was committed.</summary>
    /// <exception cref="StateStorageException">Unreadable, damaged, or written by a newer version.</exception>
    StoredState Load();

    /// <summary>Writes all of it or none, and none if anybody has committed since the expected revision; when it returns, it is on disk.</summary>
    /// <param name="expected">What the changes were worked out from: <see cref="StoredState.Revision"/>, or of the last commit.</param>
    /// <param name="changes">Rows to put or, without a value, to remove. Not to be kept: the values are zeroed after the call.</param>
    /// <param name="indexes">The last index of each table that changed.</param>
    /// <exception cref="StateStorageException">Nothing was written, for instance because the disk is full.</exception>
    CommitResult Commit(ulong expected, IReadOnlyCollection<RowChange> changes, IReadOnlyCollection<TableIndex> indexes);

    /// <summary>Notes that a counter may be given out up to a value; after a restart it starts above it.</summary>
    /// <param name="counter">Its name.</param>
    /// <param name="reserved">What the caller knows to be reserved, 0 for nothing; then what is.</param>
    /// <param name="upTo">Inclusive.</param>
    /// <returns>False when another has reserved meanwhile; then nothing was written.</returns>
    /// <exception cref="StateStorageException">As for <see cref="Commit"/>.</exception>
    bool TryReserve(string counter, ref ulong reserved, ulong upTo);
}

/// <summary>How a commit ended.</summary>
internal enum CommitOutcome
{
    /// <summary>All of it is on disk.</summary>
    Committed,

    /// <summary>Somebody else has committed since the expected revision; nothing was written.</summary>
    Conflict,
}

/// <summary>How a commit ended, and the revision that is stored now.</summary>
internal readonly record struct CommitResult(CommitOutcome Outcome, ulong Revision);

/// <summary>What was stored.</summary>
/// <param name="Revision">Another one after each commit; 0 before the first.</param>
/// <param name="Tables">Rows by table name.</param>
/// <param name="Indexes">Of each table.</param>
/// <param name="Counters">What was reserved last.</param>
internal sealed record StoredState(
    ulong Revision,
    IReadOnlyDictionary<string, IReadOnlyList<StoredRow>> Tables,
    IReadOnlyList<TableIndex> Indexes,
    IReadOnlyDictionary<string, ulong> Counters)
{
    public static StoredState Empty { get; } = new(
        0, new Dictionary<string, IReadOnlyList<StoredRow>>(StringComparer.Ordinal), [], new Dictionary<string, ulong>(StringComparer.Ordinal));
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
