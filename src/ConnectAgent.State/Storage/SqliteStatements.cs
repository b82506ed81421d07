using Microsoft.Data.Sqlite;

namespace ConnectAgent.State.Storage;

/// <summary>The statements that writes are made of, each prepared once: preparing one takes longer than running it. Used by one thread at a time.</summary>
internal sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    private readonly SqliteCommand _begin = Of(connection, "BEGIN IMMEDIATE", 0);
    private readonly SqliteCommand _commit = Of(connection, "COMMIT", 0);
    private readonly SqliteCommand _rollback = Of(connection, "ROLLBACK", 0);
    private readonly SqliteCommand _put = Of(connection, "INSERT OR REPLACE INTO state_rows (table_name, key, value) VALUES ($a, $b, $c)", 3);
    private readonly SqliteCommand _remove = Of(connection, "DELETE FROM state_rows WHERE table_name = $a AND key = $b", 2);
    private readonly SqliteCommand _index = Of(connection, "INSERT OR REPLACE INTO state_tables (name, modify_index) VALUES ($a, $b)", 2);
    private readonly SqliteCommand _counter = Of(connection, "SELECT reserved FROM state_counters WHERE name = $a", 1);
    private readonly SqliteCommand _setCounter = Of(connection, "INSERT OR REPLACE INTO state_counters (name, reserved) VALUES ($a, $b)", 2);

    public void Begin() => Run(_begin);

    public void Commit() => Run(_commit);

    public void Rollback() => Run(_rollback);

    public void Change(RowChange change)
    {
        if (change.Value is null)
        {
            Run(_remove, change.Table, change.Key);
        }
        else
        {
            Run(_put, change.Table, change.Key, change.Value);
        }
    }

    public void SetIndex(TableIndex table) => Run(_index, table.Table, (long)table.Index);

    public ulong Counter(string name)
    {
        _counter.Parameters[0].Value = name;
        return _counter.ExecuteScalar() is long reserved ? (ulong)reserved : 0;
    }

    public void SetCounter(string name, ulong value) => Run(_setCounter, name, (long)value);

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_begin, _commit, _rollback, _put, _remove, _index, _counter, _setCounter])
        {
            command.Dispose();
        }
    }

    /// <summary>A statement with parameters <c>$a</c>, <c>$b</c> and so on.</summary>
    public static SqliteCommand Of(SqliteConnection connection, string text, int parameters = 0)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this project.
        command.CommandText = text;
#pragma warning restore CA2100
        for (var i = 0; i < parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "$" + (char)('a' + i) });
        }

        return command;
    }

    private static void Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.ExecuteNonQuery();
    }
}
