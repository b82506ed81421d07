using System.Runtime.InteropServices;
using System.Text.Json;
using ConnectAgent.State.Storage;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.State.Snapshots;

/// <summary>Collects the rows of a snapshot, and holds them to what its <c>meta.json</c> says.</summary>
internal sealed class SnapshotRows
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly SnapshotMeta _meta;
    private readonly StateTableSet _known;
    private readonly Dictionary<string, TableReader> _tables = new(StringComparer.Ordinal);

    public SnapshotRows(SnapshotMeta meta, StateTableSet tables)
    {
        _meta = meta;
        _known = tables;
        foreach (var table in meta.Tables)
        {
            // The name is what somebody wrote: it stays out of the text.
            var reader = tables.Named(table.Name) is { } found ? found.Read(meta.Index)
                : tables.IsFormer(table.Name) ? new FormerRows()
                : throw new SnapshotException("it has a table that this program does not know: it was made by a newer one");
            Require(_tables.TryAdd(table.Name, reader), "it names a table twice");
            Require(table.Index <= meta.Index, $"table {table.Name} has an index that was never given out");
        }
    }

    /// <summary>Takes a row.</summary>
    /// <param name="line">JSON.</param>
    /// <exception cref="SnapshotException">It is none, or not of this snapshot.</exception>
    public void Add(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            var row = document.RootElement;
            Require(
                row.ValueKind == JsonValueKind.Object && row.GetPropertyCount() == 3
                    && row.TryGetProperty("Table", out var table) && table.ValueKind == JsonValueKind.String
                    && row.TryGetProperty("Key", out var key) && key.ValueKind == JsonValueKind.String
                    && row.TryGetProperty("Row", out var value) && value.ValueKind == JsonValueKind.Object,
                "a line of it is no row");
            Require(_tables.TryGetValue(row.GetProperty("Table").GetString()!, out var reader), "it has a row of a table that it does not name");
            reader!.Add(reader.Normal(row.GetProperty("Key").GetString()!), JsonMarshal.GetRawUtf8Value(row.GetProperty("Row")));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: a text with half a character in it.
            throw new SnapshotException("a line of it is no row", error);
        }
        catch (StateStorageException error)
        {
            throw new SnapshotException(error.Message, error);
        }
    }

    /// <summary>The state that the rows make.</summary>
    /// <exception cref="SnapshotException">There are too few or too many.</exception>
    public StateSnapshot End()
    {
        var state = StateSnapshot.Empty;
        foreach (var table in _meta.Tables)
        {
            var reader = _tables[table.Name];
            Require(reader.Count == table.Rows, $"table {table.Name} has {reader.Count} rows, not {table.Rows}");
            state = _known.Named(table.Name) is { } found ? state.With(found, reader.End(table.Index)) : state;
        }

        return state;
    }

    /// <summary>Its rows follow from others.</summary>
    private sealed class FormerRows : TableReader
    {
        private int _count;

        public override int Count => _count;

        public override void Add(string key, ReadOnlySpan<byte> json) => _count++;

        public override TableState End(ulong index) => throw new InvalidOperationException("no table");
    }
}
