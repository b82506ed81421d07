using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ConnectAgent.State.Storage;

/// <summary>
/// The statements that writes are made of, each prepared once. Not commands of the library: they look up each parameter by its name and make a reader for each
/// run, which took several times what SQLite does. Used by one thread at a time.
/// </summary>
internal sealed class SqliteStatements : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _rollback;
    private readonly sqlite3_stmt _put;
    private readonly sqlite3_stmt _remove;
    private readonly sqlite3_stmt _index;
    private readonly sqlite3_stmt _counter;
    private readonly sqlite3_stmt _setCounter;
    private byte[] _text = new byte[256];

    /// <summary>Prepares them.</summary>
    /// <param name="connection">Open, with its schema.</param>
    /// <exception cref="SqliteException">They cannot be prepared.</exception>
    public SqliteStatements(SqliteConnection connection)
    {
        _database = connection.Handle!;
        _begin = Of("BEGIN IMMEDIATE");
        _commit = Of("COMMIT");
        _rollback = Of("ROLLBACK");
        _put = Of("INSERT OR REPLACE INTO state_rows (table_name, key, value) VALUES (?, ?, ?)");
        _remove = Of("DELETE FROM state_rows WHERE table_name = ? AND key = ?");
        _index = Of("INSERT OR REPLACE INTO state_tables (name, modify_index) VALUES (?, ?)");
        _counter = Of("SELECT reserved FROM state_counters WHERE name = ?");
        _setCounter = Of("INSERT OR REPLACE INTO state_counters (name, reserved) VALUES (?, ?)");
    }

    public void Begin() => Run(_begin);

    public void Commit() => Run(_commit);

    public void Rollback() => Run(_rollback);

    public void Change(RowChange change)
    {
        var statement = change.Value is null ? _remove : _put;
        Bind(statement, 1, change.Table);
        Bind(statement, 2, change.Key);
        if (change.Value is { } value)
        {
            Check(raw.sqlite3_bind_blob(statement, 3, value));
        }

        Run(statement);
    }

    public void SetIndex(TableIndex table) => Set(_index, table.Table, table.Index);

    public ulong Counter(string name)
    {
        Bind(_counter, 1, name);
        var counter = 0UL;
        Run(_counter, row => counter = (ulong)raw.sqlite3_column_int64(row, 0));
        return counter;
    }

    public void SetCounter(string name, ulong value) => Set(_setCounter, name, value);

    /// <summary>Reads the rows of a query.</summary>
    public void Read(string query, Action<sqlite3_stmt> each)
    {
        using var statement = Of(query);
        Run(statement, each);
    }

    /// <summary>A text of a row, which may hold any character.</summary>
    public static string Text(sqlite3_stmt row, int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(row, column));

    public void Dispose()
    {
        foreach (var statement in (ReadOnlySpan<sqlite3_stmt>)[_begin, _commit, _rollback, _put, _remove, _index, _counter, _setCounter])
        {
            statement.Dispose();
        }
    }

    private sqlite3_stmt Of(string text)
    {
        Check(raw.sqlite3_prepare_v2(_database, text, out var statement));
        return statement;
    }

    private void Set(sqlite3_stmt statement, string name, ulong value)
    {
        Bind(statement, 1, name);
        Check(raw.sqlite3_bind_int64(statement, 2, (long)value));
        Run(statement);
    }

    private void Bind(sqlite3_stmt statement, int place, string text)
    {
        if (text.Length == 0)
        {
            // No bytes at all would be a null.
            Check(raw.sqlite3_bind_text(statement, place, text));
            return;
        }

        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_text.Length < most)
        {
            _text = new byte[most];
        }

        Check(raw.sqlite3_bind_text(statement, place, _text.AsSpan(0, Encoding.UTF8.GetBytes(text, _text))));
    }

    private void Run(sqlite3_stmt statement, Action<sqlite3_stmt>? each = null)
    {
        try
        {
            int result;
            while ((result = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                each?.Invoke(statement);
            }

            if (result != raw.SQLITE_DONE)
            {
                Check(result);
            }
        }
        finally
        {
            // Values may hold keys and tokens.
            _ = raw.sqlite3_reset(statement);
            _ = raw.sqlite3_clear_bindings(statement);
        }
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _database);
}
