using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.State;

/// <summary>What one write sees and does. It is thrown away when the write throws (intentions IXN-7).</summary>
/// <param name="tables">Those that are stored.</param>
/// <param name="state">The state that the write starts from.</param>
/// <param name="takeIndex">Gives the index of the write, when it asks for one.</param>
internal sealed class StateWriter(StateTableSet tables, StateSnapshot state, Func<ulong> takeIndex)
{
    /// <summary>The longest row; what is longer could be written to a snapshot and not be read from it.</summary>
    [Limit(RowLimit, "bytes", "the write is refused: 400; in a snapshot: 400", Refuses = true)]
    public const int LongestRow = 16 * 1024 * 1024;

    internal const string RowLimit = "state.row";

    private readonly Dictionary<(StateTable Table, string Key), object?> _changes = [];
    private ulong? _index;

    /// <summary>The state with what this write has done so far.</summary>
    public StateSnapshot State { get; private set; } = state;

    /// <summary>The index that this write has; a write that changes nothing need not ask for it, and then uses none up.</summary>
    public ulong Index => _index ??= takeIndex();

    /// <summary>What changed, as it is stored: the new row, or null where it is gone. Rows may hold keys and tokens.</summary>
    internal IReadOnlyDictionary<(StateTable Table, string Key), byte[]?> Encoded { get; private set; } = new Dictionary<(StateTable, string), byte[]?>();

    /// <summary>Adds a row, or replaces the one that has its key.</summary>
    public void Put<T>(StateTable<T> table, T row)
        where T : class
    {
        if (!tables.Contains(table))
        {
            throw new InvalidOperationException($"table {table.Name} is not registered: its rows would be lost");
        }

        var key = table.KeyOf(row);
        State = State.With(table, table.With(State.Of(table), key, row, Index));
        _changes[(table, key)] = row;
    }

    /// <summary>The write replaces the state by another one: every reader is to look again.</summary>
    public void Replaces() => State = State.InGeneration(State.Generation + 1);

    /// <summary>Removes a row.</summary>
    /// <returns>Whether there was one; if not, nothing is written.</returns>
    public bool Remove<T>(StateTable<T> table, string key)
        where T : class
    {
        if (State.Find(table, key) is not { } row)
        {
            return false;
        }

        key = table.KeyOf(row);
        State = State.With(table, table.With(State.Of(table), key, null, Index));
        _changes[(table, key)] = null;
        return true;
    }

    /// <summary>Ends the write: <see cref="Encoded"/> is there.</summary>
    /// <exception cref="ServerException">A row is longer than any may be.</exception>
    internal void Encode()
    {
        Dictionary<(StateTable Table, string Key), byte[]?> encoded = [];
        foreach (var (place, row) in _changes)
        {
            var bytes = row is null ? null : place.Table.Encode(row);
            encoded.Add(place, bytes);
            if (bytes?.Length > LongestRow)
            {
                throw new ServerException(
                    FailureKind.Invalid, $"Bad request: what is stored under one name would have {bytes.Length} bytes, and {LongestRow} are the most")
                {
                    Limit = RowLimit,
                };
            }
        }

        Encoded = encoded;
    }
}
