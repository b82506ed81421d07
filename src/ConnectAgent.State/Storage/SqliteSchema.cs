using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.State.Storage;

/// <summary>The schema on disk and its versions. A version never changes; what is new becomes a step at the end.</summary>
internal static class SqliteSchema
{
    /// <summary>
    /// Step 0: rows of any table, by its name and their keys. The steps behind it are the caller's, and change rows; step n brings a file from
    /// version n to n + 1.
    /// </summary>
    private const string First =
        """
        CREATE TABLE state_rows (table_name TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (table_name, key)) WITHOUT ROWID;
        CREATE TABLE state_tables (name TEXT NOT NULL PRIMARY KEY, modify_index INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE state_counters (name TEXT NOT NULL PRIMARY KEY, reserved INTEGER NOT NULL) WITHOUT ROWID;
        """;

    /// <summary>Brings a file to the newest version, each step in a transaction of its own.</summary>
    /// <param name="connection">Of the file.</param>
    /// <param name="migrations">The steps behind the first.</param>
    /// <param name="logger">Hears of the rows that a step drops.</param>
    /// <exception cref="StateStorageException">The file is of a newer version than this program.</exception>
    public static void Migrate(SqliteConnection connection, IReadOnlyList<StateMigration> migrations, ILogger logger)
    {
        IReadOnlyList<StateMigration> steps = [new(First), .. migrations];
        var version = Version(connection);
        if (version > steps.Count)
        {
            throw new StateStorageException(
                $"it has schema version {version}, and this program knows versions up to {steps.Count}; run the newer program, or restore a snapshot");
        }

        for (; version < steps.Count; version++)
        {
            // A step that fails leaves the transaction open; the connection is closed then, which undoes it.
            Run(connection, "BEGIN IMMEDIATE");
            var dropped = Drop(connection, steps[version]);
            Run(connection, $"{steps[version].Sql}; PRAGMA user_version = {version + 1}; COMMIT;");
            dropped.ForEach(row => logger.RowDropped(row.Table, row.Key, version + 1, steps[version].Why));
        }
    }

    private static List<(string Table, string Key)> Drop(SqliteConnection connection, StateMigration step)
    {
        List<(string Table, string Key)> dropped = [];
        if (step.Drops is { } drops)
        {
            using (var command = Command(connection, drops))
            {
                using var rows = command.ExecuteReader();
                while (rows.Read())
                {
                    dropped.Add((rows.GetString(0), rows.GetString(1)));
                }
            }

            Run(connection, $"DELETE FROM state_rows WHERE (table_name, key) IN ({drops})");
        }

        return dropped;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts are constants of this program.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    private static int Version(SqliteConnection connection)
    {
        using var command = Command(connection, "PRAGMA user_version");
        return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
