using Microsoft.Data.Sqlite;

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
    /// <param name="migrations">The steps behind the first.</param>
    /// <exception cref="StateStorageException">The file is of a newer version than this program.</exception>
    public static void Migrate(SqliteConnection connection, IReadOnlyList<string> migrations)
    {
        IReadOnlyList<string> steps = [First, .. migrations];
        var version = Version(connection);
        if (version > steps.Count)
        {
            throw new StateStorageException(
                $"it has schema version {version}, and this program knows versions up to {steps.Count}; run the newer program, or restore a snapshot");
        }

        for (; version < steps.Count; version++)
        {
            // A step that fails leaves the transaction open; the connection is closed then, which undoes it.
            using var step = connection.CreateCommand();
#pragma warning disable CA2100 // The steps are constants of this program.
            step.CommandText = $"BEGIN IMMEDIATE; {steps[version]}; PRAGMA user_version = {version + 1}; COMMIT;";
#pragma warning restore CA2100
            step.ExecuteNonQuery();
        }
    }

    private static int Version(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
