using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.State.Storage;

namespace ConnectAgent.State;

/// <summary>One table of the state: its name on disk, and how its rows are written there. Registered by its feature (<see cref="StateTableSet"/>).</summary>
internal abstract class StateTable(string name)
{
    /// <summary>The key of the row of a table that has one only.</summary>
    public const string OnlyKey = "";

    public string Name { get; } = name;

    /// <summary>Whether the rights of tokens are worked out from it, so that its writes wake whoever waits with a token's rights.</summary>
    public bool DecidesRights { get; init; }

    /// <summary>Whether rows that a restored snapshot does not have stay, for instance revocations: an older state must not bring back what was refused.</summary>
    public bool OutlivesRestore { get; init; }

    /// <summary>The tables whose index it shares; null for none.</summary>
    public StateTableGroup? Group { get; init; }

    /// <summary>Brings a key into the form in which it is stored and looked up, where several spellings are one.</summary>
    public Func<string, string> Normal { get; init; } = static key => key;

    /// <summary>Other keys of its rows.</summary>
    public IReadOnlyList<SecondKey> SecondKeys
    {
        get;
        init
        {
            field = value;
            for (var place = 0; place < value.Count; place++)
            {
                value[place].PutIn(this, place);
            }
        }
    } = [];

    /// <summary>The table without a row.</summary>
    internal abstract TableState Empty { get; }

    /// <summary>A row by its key in normal form; null when there is none.</summary>
    internal abstract object? Find(TableState state, string key);

    /// <summary>The latest index that a row holds.</summary>
    internal abstract ulong IndexIn(object row);

    /// <summary>A row as it is stored: JSON in UTF-8.</summary>
    internal abstract byte[] Encode(object row);

    /// <summary>Begins to read stored rows.</summary>
    /// <param name="newest">No row has a later index.</param>
    internal abstract TableReader Read(ulong newest);

    /// <summary>The rows as they are stored, one at a time.</summary>
    internal abstract IEnumerable<StoredRow> Store(TableState state);

    /// <summary>Makes a write put these rows in place of its table's.</summary>
    internal abstract void Restore(StateWriter writer, TableState restored);
}

/// <summary>
/// A table of rows of one type. Rows are immutable; a change puts a new one. A row's key is worked out from the row, so no row can be under
/// another's.
/// </summary>
/// <param name="name">On disk.</param>
/// <param name="type">How rows are written.</param>
/// <param name="keyOf">A row's key.</param>
internal sealed class StateTable<T>(string name, JsonTypeInfo<T> type, Func<T, string> keyOf) : StateTable(name)
    where T : class
{
    private readonly Lazy<JsonTypeInfo<T>> _strict = new(() => StrictJson.Of(type));

    /// <summary>The latest index that a row holds.</summary>
    public Func<T, ulong> IndexOf { get; init; } = static _ => 0;

    /// <summary>Brings a row that an earlier revision stored into the form of this one.</summary>
    public Func<T, T> Renew { get; init; } = static row => row;

    internal override TableState Empty =>
        field ??= new TableState(ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal), [.. SecondKeys.Select(static _ => SecondRows.Empty)], 0);

    public string KeyOf(T row) => Normal(keyOf(row));

    internal override byte[] Encode(object row) => JsonSerializer.SerializeToUtf8Bytes((T)row, type);

    internal override TableReader Read(ulong newest) => new Reader(this, newest);

    internal override IEnumerable<StoredRow> Store(TableState state) =>
        RowsOf(state).Select(row => new StoredRow(row.Key, Encode(row.Value)));

    internal override void Restore(StateWriter writer, TableState restored)
    {
        var rows = RowsOf(restored);
        if (!OutlivesRestore)
        {
            foreach (var key in writer.State.Rows(this).Keys.Where(key => !rows.ContainsKey(key)))
            {
                writer.Remove(this, key);
            }
        }

        foreach (var (key, row) in rows)
        {
            if (!OutlivesRestore || writer.State.Find(this, key) is null)
            {
                writer.Put(this, row);
            }
        }
    }

    internal override object? Find(TableState state, string key) => RowsOf(state).GetValueOrDefault(key);

    internal override ulong IndexIn(object row) => IndexOf((T)row);

    /// <summary>The table with a row put under its key, or removed when there is none.</summary>
    internal TableState With(TableState state, string key, T? row, ulong index)
    {
        // One text for a key, in the rows and in the second keys.
        var rows = RowsOf(state);
        var before = rows.TryGetKey(key, out key) && SecondKeys.Count > 0 ? rows[key] : null;
        var seconds = new SecondRows[SecondKeys.Count];
        for (var place = 0; place < seconds.Length; place++)
        {
            seconds[place] = state.Seconds[place].With(key, SecondKeysOf(before, place), SecondKeysOf(row, place), index);
        }

        return new TableState(row is null ? rows.Remove(key) : rows.SetItem(key, row), ImmutableCollectionsMarshal.AsImmutableArray(seconds), index);
    }

    internal static ImmutableSortedDictionary<string, T> RowsOf(TableState state) => (ImmutableSortedDictionary<string, T>)state.Rows;

    private IReadOnlyList<string> SecondKeysOf(T? row, int place) => row is null ? [] : [.. SecondKeys[place].Of(row)];

    private sealed class Reader(StateTable<T> table, ulong newest) : TableReader
    {
        private readonly ImmutableSortedDictionary<string, T>.Builder _rows = RowsOf(table.Empty).ToBuilder();

        public override int Count => _rows.Count;

        public override string Normal(string key) => table.Normal(key);

        public override void Add(string key, ReadOnlySpan<byte> json) => Add(key, RowOf(key, json));

        public override void Add(IReadOnlyList<StoredRow> stored)
        {
            var rows = new T[stored.Count];
            Spread.Over(rows.Length, rows.Length, i => rows[i] = RowOf(stored[i].Key, stored[i].Value));
            for (var i = 0; i < rows.Length; i++)
            {
                Add(stored[i].Key, rows[i]);
            }
        }

        public override TableState End(ulong index)
        {
            var rows = _rows.ToImmutable();
            var seconds = new SecondRows[table.SecondKeys.Count];
            Spread.Over(seconds.Length, rows.Count * seconds.Length, place => seconds[place] = SecondRowsOf(rows, place, index));
            return new TableState(rows, [.. seconds], index);
        }

        private void Add(string key, T row)
        {
            var before = _rows.Count;
            _rows[key] = row;
            Require(_rows.Count > before, "two rows of one key");
        }

        // When each second key was written last is not stored: not after the last write of all.
        private SecondRows SecondRowsOf(ImmutableSortedDictionary<string, T> rows, int place, ulong index)
        {
            Dictionary<string, List<string>> seconds = new(StringComparer.Ordinal);
            foreach (var (key, row) in rows)
            {
                foreach (var second in table.SecondKeys[place].Of(row))
                {
                    ref var keys = ref CollectionsMarshal.GetValueRefOrAddDefault(seconds, second, out _);
                    (keys ??= new List<string>(1)).Add(key);
                }
            }

            // Not all at once: the framework sorts them first, with code that is compiled at the start.
            var keysOf = SecondRows.Empty.Keys.ToBuilder();
            foreach (var (second, keys) in seconds)
            {
                keysOf.Add(second, RowKeys.Of(keys, index));
            }

            return new SecondRows(keysOf.ToImmutable(), index);
        }

        private T RowOf(string key, ReadOnlySpan<byte> json)
        {
            var row = RowOf(json);
            Require(table.KeyOf(row) == key, "a row under another key than its own");
            Require(table.IndexOf(row) <= newest, "a row with an index that was never given out");
            return row;
        }

        private T RowOf(ReadOnlySpan<byte> json)
        {
            try
            {
                StrictJson.RequireNoNull(json);
                return table.Renew(JsonSerializer.Deserialize(json, table._strict.Value) ?? throw new JsonException("null"));
            }
            catch (JsonException error)
            {
                throw new StateStorageException($"table {table.Name} has a row that cannot be read (at byte {error.BytePositionInLine})", error);
            }
        }

        // The row may hold a key, and its own key may be anything: neither is in the text.
        private void Require(bool holds, string otherwise)
        {
            if (!holds)
            {
                throw new StateStorageException($"table {table.Name} has {otherwise}");
            }
        }
    }
}

/// <summary>Reads the stored rows of a table.</summary>
internal abstract class TableReader
{
    /// <summary>How many were read.</summary>
    public abstract int Count { get; }

    /// <summary>A key in the form of today: a snapshot may be an earlier revision's.</summary>
    public virtual string Normal(string key) => key;

    /// <summary>Takes one row.</summary>
    /// <exception cref="StateStorageException">It cannot be read, or not be where it is.</exception>
    public abstract void Add(string key, ReadOnlySpan<byte> json);

    /// <summary>Takes many rows.</summary>
    /// <exception cref="StateStorageException">One of them cannot be read, or not be where it is.</exception>
    public virtual void Add(IReadOnlyList<StoredRow> stored)
    {
        foreach (var row in stored)
        {
            Add(row.Key, row.Value);
        }
    }

    /// <summary>The table.</summary>
    /// <param name="index">Of its last write.</param>
    public abstract TableState End(ulong index);
}

/// <summary>A table at one moment.</summary>
/// <param name="Rows">Its immutable dictionary.</param>
/// <param name="Seconds">Its rows by each of its second keys.</param>
/// <param name="Index">Of its last write.</param>
internal sealed record TableState(object Rows, ImmutableArray<SecondRows> Seconds, ulong Index);

/// <summary>Tables whose reads all answer with the latest index of any of them.</summary>
internal sealed class StateTableGroup;
