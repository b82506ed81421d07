using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.State.Storage;

/// <summary>
/// The state in one SQLite file: write-ahead log, full sync, held by one process at a time. A damaged file is an error and never replaced:
/// it holds the CA.
/// </summary>
internal sealed class SqliteStateStorage : IStateStorage
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Busy = 5;

    // Beside the counters, so that it needs no table of its own.
    private const string RevisionName = "revision";

    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    /// <summary>Opens or makes the file.</summary>
    /// <param name="path">In a directory that exists.</param>
    /// <param name="migrations">The steps of its schema beyond the first; one never changes, and a new one is added behind the others.</param>
    /// <param name="logger">Hears what an upgrade of the file drops; null where none is to be expected.</param>
    /// <exception cref="StateStorageException">Not to be opened, damaged, of a newer version, or held by another process.</exception>
    public SqliteStateStorage(string path, IReadOnlyList<StateMigration> migrations, ILogger? logger = null)
    {
        _path = path;
        SQLitePCL.Batteries_V2.Init();
        CreatePrivate(path);
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            Run("be opened", () => Open(migrations, logger ?? NullLogger.Instance));
        }
        catch
        {
            // A refused file is let go of.
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>For tests that take the disk away.</summary>
    internal SqliteConnection Connection => _connection;

    public StoredState Load()
    {
        lock (_gate)
        {
            Dictionary<string, IReadOnlyList<StoredRow>> tables = new(StringComparer.Ordinal);
            List<TableIndex> indexes = [];
            Dictionary<string, ulong> counters = new(StringComparer.Ordinal);
            var revision = 0UL;
            Run("be read", () =>
            {
                Read("SELECT table_name, key, value FROM state_rows", row =>
                {
                    var name = row.GetString(0);
                    if (!tables.TryGetValue(name, out var rows))
                    {
                        tables.Add(name, rows = new List<StoredRow>());
                    }

                    ((List<StoredRow>)rows).Add(new StoredRow(row.GetString(1), row.GetFieldValue<byte[]>(2)));
                });
                Read("SELECT name, modify_index FROM state_tables", row => indexes.Add(new TableIndex(row.GetString(0), (ulong)row.GetInt64(1))));
                Read("SELECT name, reserved FROM state_counters", row => counters[row.GetString(0)] = (ulong)row.GetInt64(1));
                counters.Remove(RevisionName, out revision);
            });
            return new StoredState(revision, tables, indexes, counters);
        }
    }

    public CommitResult Commit(ulong expected, IReadOnlyCollection<RowChange> changes, IReadOnlyCollection<TableIndex> indexes)
    {
        lock (_gate)
        {
            return InTransaction(() =>
            {
                if (Counter(RevisionName) is var stored && stored != expected)
                {
                    return new CommitResult(CommitOutcome.Conflict, stored);
                }

                using var put = Command("INSERT OR REPLACE INTO state_rows (table_name, key, value) VALUES ($a, $b, $c)", 3);
                using var remove = Command("DELETE FROM state_rows WHERE table_name = $a AND key = $b", 2);
                using var index = Command("INSERT OR REPLACE INTO state_tables (name, modify_index) VALUES ($a, $b)", 2);
                foreach (var change in changes)
                {
                    if (change.Value is null)
                    {
                        Execute(remove, change.Table, change.Key);
                    }
                    else
                    {
                        Execute(put, change.Table, change.Key, change.Value);
                    }
                }

                foreach (var table in indexes)
                {
                    Execute(index, table.Table, (long)table.Index);
                }

                SetCounter(RevisionName, expected + 1);
                return new CommitResult(CommitOutcome.Committed, expected + 1);
            });
        }
    }

    public bool TryReserve(string counter, ref ulong reserved, ulong upTo)
    {
        lock (_gate)
        {
            var expected = reserved;
            (var isTaken, reserved) = InTransaction(() =>
            {
                if (Counter(counter) is var stored && stored != expected)
                {
                    return (false, stored);
                }

                SetCounter(counter, upTo);
                return (true, upTo);
            });
            return isTaken;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
        }
    }

    private static void Execute(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        command.ExecuteNonQuery();
    }

    // Born private: SQLite gives its log files the mode of the main one.
    private static void CreatePrivate(string path)
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
                UnixCreateMode = OwnerOnly,
            });
            if (!file.CanSeek)
            {
                throw new IOException("it is no regular file");
            }

            File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StateStorageException($"{path} cannot be opened: {error.Message}", error);
        }
    }

    private void Open(IReadOnlyList<StateMigration> migrations, ILogger logger)
    {
        _connection.Open();

        // Exclusive: a second agent on this file is refused, and no shared-memory file is needed.
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = FULL");
        Execute("PRAGMA secure_delete = ON");
        Execute("BEGIN IMMEDIATE");
        Execute("COMMIT");
        SqliteSchema.Migrate(_connection, migrations, logger);
    }

    private ulong Counter(string name)
    {
        using var command = Command("SELECT reserved FROM state_counters WHERE name = $a", 1);
        command.Parameters[0].Value = name;
        return command.ExecuteScalar() is long reserved ? (ulong)reserved : 0;
    }

    private void SetCounter(string name, ulong value)
    {
        using var command = Command("INSERT OR REPLACE INTO state_counters (name, reserved) VALUES ($a, $b)", 2);
        Execute(command, name, (long)value);
    }

    private SqliteCommand Command(string text, int parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = text;
#pragma warning restore CA2100
        for (var i = 0; i < parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "$" + (char)('a' + i) });
        }

        return command;
    }

    private void Execute(string text)
    {
        using var command = Command(text, 0);
        command.ExecuteNonQuery();
    }

    private void Read(string query, Action<SqliteDataReader> each)
    {
        using var command = Command(query, 0);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            each(reader);
        }
    }

    // Not the library's transaction object: it cannot follow when SQLite has rolled back by itself, as it does when the disk is full.
    private T InTransaction<T>(Func<T> work)
    {
        T? result = default;
        Run("be written", () =>
        {
            Execute("BEGIN IMMEDIATE");
            try
            {
                result = work();
                Execute("COMMIT");
            }
            catch
            {
                Rollback();
                throw;
            }
        });
        return result!;
    }

    private void Rollback()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // Rolled back already.
        }
    }

    private void Run(string what, Action work)
    {
        try
        {
            work();
        }
        catch (SqliteException error) when (error.SqliteErrorCode == Busy)
        {
            throw new StateStorageException($"{_path} is in use by another process", error);
        }
        catch (Exception error) when (error is SqliteException or InvalidOperationException or InvalidCastException)
        {
            throw new StateStorageException($"{_path} cannot {what}: {error.Message}", error);
        }
        catch (StateStorageException error)
        {
            throw new StateStorageException($"{_path} cannot {what}: {error.Message}", error);
        }
    }
}
