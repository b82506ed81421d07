using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SQLitePCL;

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
    private SqliteStatements? _statements;

    /// <summary>Opens or makes the file.</summary>
    /// <param name="path">In a directory that exists.</param>
    /// <param name="migrations">The steps of its schema beyond the first; one never changes, and a new one is added behind the others.</param>
    /// <param name="logger">Hears what an upgrade of the file drops; null where none is to be expected.</param>
    /// <exception cref="StateStorageException">Not to be opened, damaged, of a newer version, or held by another process.</exception>
    public SqliteStateStorage(string path, IReadOnlyList<StateMigration> migrations, ILogger? logger = null)
    {
        _path = path;
        Batteries_V2.Init();
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
            Dispose();
            throw;
        }
    }

    /// <summary>For tests that take the disk away.</summary>
    internal SqliteConnection Connection => _connection;

    private SqliteStatements Statements => _statements ?? throw new ObjectDisposedException(_path);

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
                Statements.Read("SELECT table_name, key, value FROM state_rows", row =>
                {
                    var name = SqliteStatements.Text(row, 0);
                    if (!tables.TryGetValue(name, out var rows))
                    {
                        tables.Add(name, rows = new List<StoredRow>());
                    }

                    ((List<StoredRow>)rows).Add(new StoredRow(SqliteStatements.Text(row, 1), raw.sqlite3_column_blob(row, 2).ToArray()));
                });
                Statements.Read("SELECT name, modify_index FROM state_tables", row => indexes.Add(new TableIndex(SqliteStatements.Text(row, 0), (ulong)raw.sqlite3_column_int64(row, 1))));
                Statements.Read("SELECT name, reserved FROM state_counters", row => counters[SqliteStatements.Text(row, 0)] = (ulong)raw.sqlite3_column_int64(row, 1));
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
                if (Statements.Counter(RevisionName) is var stored && stored != expected)
                {
                    return new CommitResult(CommitOutcome.Conflict, stored);
                }

                foreach (var change in changes)
                {
                    Statements.Change(change);
                }

                foreach (var table in indexes)
                {
                    Statements.SetIndex(table);
                }

                Statements.SetCounter(RevisionName, expected + 1);
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
                if (Statements.Counter(counter) is var stored && stored != expected)
                {
                    return (false, stored);
                }

                Statements.SetCounter(counter, upTo);
                return (true, upTo);
            });
            return isTaken;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _statements?.Dispose();
            _connection.Dispose();
        }
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
        _statements = new SqliteStatements(_connection);
    }

    private void Execute(string text)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = text;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    // Not the library's transaction object: it cannot follow when SQLite has rolled back by itself, as it does when the disk is full.
    private T InTransaction<T>(Func<T> work)
    {
        T? result = default;
        Run("be written", () =>
        {
            Statements.Begin();
            try
            {
                result = work();
                Statements.Commit();
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
            Statements.Rollback();
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
