using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ConnectAgent.ControlPlane.State;

/// <summary>One table of the state: its name on disk, and how its rows are written there. Registered in <see cref="StateTables"/>.</summary>
internal abstract class StateTable(string name)
{
    public string Name { get; } = name;

    /// <summary>Whether rows that a restored snapshot does not have stay, for instance revocations: an older state must not bring back what was refused.</summary>
    public bool OutlivesRestore { get; init; }

    /// <summary>The table without a row.</summary>
    internal abstract object Empty { get; }

    /// <summary>A row as it is stored: JSON in UTF-8.</summary>
    internal abstract byte[] Encode(object row);

    /// <summary>Turns stored rows into the table.</summary>
    /// <exception cref="StateStorageException">A row cannot be read.</exception>
    internal abstract object Decode(IEnumerable<StoredRow> rows);

    /// <summary>The rows as they are stored.</summary>
    internal abstract IEnumerable<StoredRow> Store(object rows);

    /// <summary>Makes a write put these rows in place of its table's.</summary>
    internal abstract void Restore(StateWriter writer, object rows);
}

/// <summary>A table of rows of one type. Rows are immutable; a change puts a new one.</summary>
internal sealed class StateTable<T>(string name, JsonTypeInfo<T> type) : StateTable(name)
    where T : class
{
    internal override object Empty { get; } = ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    internal override byte[] Encode(object row) => JsonSerializer.SerializeToUtf8Bytes((T)row, type);

    internal override object Decode(IEnumerable<StoredRow> rows)
    {
        var table = ((ImmutableSortedDictionary<string, T>)Empty).ToBuilder();
        foreach (var row in rows)
        {
            try
            {
                table.Add(row.Key, JsonSerializer.Deserialize(row.Value.Span, type) ?? throw new JsonException("null"));
            }
            catch (JsonException error)
            {
                // The row may hold a key: its content stays out of the text.
                throw new StateStorageException($"table {Name} has a row that cannot be read (at byte {error.BytePositionInLine})", error);
            }
        }

        return table.ToImmutable();
    }

    internal override IEnumerable<StoredRow> Store(object rows) =>
        ((ImmutableSortedDictionary<string, T>)rows).Select(row => new StoredRow(row.Key, Encode(row.Value)));

    internal override void Restore(StateWriter writer, object rows)
    {
        var restored = (ImmutableSortedDictionary<string, T>)rows;
        if (!OutlivesRestore)
        {
            foreach (var key in writer.State.Rows(this).Keys.Where(key => !restored.ContainsKey(key)))
            {
                writer.Remove(this, key);
            }
        }

        foreach (var (key, row) in restored)
        {
            if (!OutlivesRestore || writer.State.Find(this, key) is null)
            {
                writer.Put(this, key, row);
            }
        }
    }
}
