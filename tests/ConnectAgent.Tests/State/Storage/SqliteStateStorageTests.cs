using System.Globalization;
using System.Text;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.State;
using FluentAssertions;
using Microsoft.Data.Sqlite;
using Xunit;

namespace ConnectAgent.Tests.State.Storage;

/// <summary>Memory, for development mode.</summary>
public sealed class MemoryStateStorageTests : StateStorageConformance
{
    private protected override IStateStorage OpenEmpty() => new MemoryStateStorage();
}

/// <summary>What tests share between stores.</summary>
public sealed class SharedStateStorageTests : KeptStateStorageConformance
{
    private protected override IStateStorage OpenEmpty() => new SharedStateStorage();
}

/// <summary>The state on disk.</summary>
public sealed class SqliteStateStorageTests : KeptStateStorageConformance
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("connect-agent-");

    private string File => Path.Combine(_folder.FullName, "state.db");

    [Fact]
    public void What_was_committed_is_there_after_opening_again()
    {
        using (var storage = new SqliteStateStorage(File, []))
        {
            storage.Commit(0, [Put("t", "a", "1"), Put("t", "b", "2"), Put("u", "\u043a\u043b\u044e\u0447\0\u2603", "3")], [new("t", 5), new("u", 5)]);
            storage.Commit(1, [new RowChange("t", "a", null), Put("t", "b", "4")], [new("t", 6)]);
            var reserved = 0UL;
            storage.TryReserve("index", ref reserved, 1030).Should().BeTrue();
        }

        using var again = new SqliteStateStorage(File, []);
        var stored = again.Load();
        stored.Tables["t"].Select(Text).Should().Equal(("b", "4"));
        stored.Tables["u"].Select(Text).Should().Equal(("\u043a\u043b\u044e\u0447\0\u2603", "3"));
        stored.Indexes.Should().BeEquivalentTo([new TableIndex("t", 6), new TableIndex("u", 5)]);
        stored.Counters.Should().Equal(new Dictionary<string, ulong> { ["index"] = 1030 });
        stored.Revision.Should().Be(2);
    }

    [Fact]
    public void The_files_are_the_owners_alone()
    {
        using var storage = new SqliteStateStorage(File, []);
        storage.Commit(0, [Put("t", "a", "1")], [new("t", 2)]);
        foreach (var file in _folder.GetFiles())
        {
            file.UnixFileMode.Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite, "{0} may hold keys", file.Name);
        }

        _folder.GetFiles().Select(file => file.Name).Should().BeEquivalentTo("state.db", "state.db-wal");
    }

    [Fact]
    public void A_second_one_on_the_same_file_is_refused()
    {
        using var first = new SqliteStateStorage(File, []);
        var second = () => new SqliteStateStorage(File, []);
        second.Should().Throw<StateStorageException>().WithMessage($"{File} is in use by another process");
    }

    [Fact]
    public void A_damaged_file_is_an_error_and_stays_as_it_is()
    {
        var rubbish = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("no database ", 1000)));
        System.IO.File.WriteAllBytes(File, rubbish);
        var open = () => new SqliteStateStorage(File, []);
        open.Should().Throw<StateStorageException>().WithMessage($"{File} cannot be opened: *file is not a database*");
        System.IO.File.ReadAllBytes(File).Should().Equal(rubbish);
    }

    [Fact]
    public void A_row_that_cannot_be_read_stops_the_start_and_stays_out_of_the_text()
    {
        using var storage = new SqliteStateStorage(File, []);
        storage.Commit(0, [Put("intentions", "db", "{\"Name\":\"s3cret")], [new("intentions", 2)]);
        var open = () => new StateStore(storage, ControlPlaneTables.All);
        open.Should().Throw<StateStorageException>().WithMessage("table intentions has a row that cannot be read*")
            .Which.Message.Should().NotContain("s3cret");
    }

    [Fact]
    public void A_file_of_a_newer_version_is_refused()
    {
        using (new SqliteStateStorage(File, [new("CREATE TABLE later (x)")]))
        {
            // Written by the program of tomorrow.
        }

        var open = () => new SqliteStateStorage(File, []);
        open.Should().Throw<StateStorageException>()
            .WithMessage($"*schema version 2, and this program knows versions up to 1*");
    }

    [Fact]
    public void A_migration_keeps_the_rows_and_a_failed_one_changes_nothing()
    {
        using (var old = new SqliteStateStorage(File, []))
        {
            old.Commit(0, [Put("t", "a", "1")], [new("t", 2)]);
        }

        var failing = () => new SqliteStateStorage(File, [new("UPDATE state_rows SET value = 'x'; SELECT nonsense")]);
        failing.Should().Throw<StateStorageException>();
        using (var migrated = new SqliteStateStorage(File, [new("UPDATE state_rows SET table_name = 'renamed'")]))
        {
            migrated.Load().Tables["renamed"].Select(Text).Should().Equal(("a", "1"));
        }
    }

    [Fact] // a full disk: nothing is half written, reads go on, and it works again when there is room
    public async Task A_full_disk_refuses_the_write_and_recovers()
    {
        using var storage = new SqliteStateStorage(File, []);
        using var store = new StateStore(storage, ControlPlaneTables.All);
        await PutRootAsync(store, "small");
        var before = store.Current;
        Limit(storage, pages: 16);
        var write = () => PutRootAsync(store, new string('x', 1_000_000));
        (await write.Should().ThrowAsync<ConnectAgent.Protocol.Errors.ServerException>())
            .WithMessage($"state could not be stored: {File} cannot be written: *database or disk is full*");
        store.Current.Should().BeSameAs(before);
        Limit(storage, pages: 1_000_000);
        await PutRootAsync(store, "again");
        store.Current.Find(IntentionTables.Entries, "again").Should().NotBeNull();
    }

    [Theory] // http-conventions IDX-10: the index never goes back; CERT-48: a serial is never used twice
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_counters_go_on_after_a_clean_end_and_after_a_crash(bool clean)
    {
        ulong index, serial;
        using (var storage = new SqliteStateStorage(File, []))
        {
            var store = new StateStore(storage, ControlPlaneTables.All);
            await PutRootAsync(store, "first");
            (index, serial) = (store.TakeIndex(), store.TakeSerial());
            if (clean)
            {
                store.Dispose();
            }
        }

        using var reopened = new SqliteStateStorage(File, []);
        using var again = new StateStore(reopened, ControlPlaneTables.All);
        (again.TakeIndex() == index + 1).Should().Be(clean, "only a crash skips what was left of a block");
        (again.TakeSerial() == serial + 1).Should().Be(clean);
        again.LastIndex.Should().BeGreaterThan(index);
        again.TakeSerial().Should().BeGreaterThan(serial);
    }

    [Fact] // many writers at once: each has its own index, and each finds its own row after a restart
    public async Task Writes_at_once_are_all_stored()
    {
        ulong[] indexes;
        using (var storage = new SqliteStateStorage(File, []))
        using (var store = new StateStore(storage, ControlPlaneTables.All))
        {
            indexes = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(() => store.WriteAsync(writer =>
            {
                var name = "name" + i.ToString(CultureInfo.InvariantCulture);
                writer.Put(IntentionTables.Entries, new(name, [], null, writer.Index, writer.Index));
                return writer.Index;
            }))));
        }

        indexes.Should().OnlyHaveUniqueItems();
        using var reopened = new SqliteStateStorage(File, []);
        using var again = new StateStore(reopened, ControlPlaneTables.All);
        again.Current.Rows(IntentionTables.Entries).Select(row => (row.Key, row.Value.ModifyIndex)).Should().BeEquivalentTo(
            indexes.Select((index, i) => ("name" + i.ToString(CultureInfo.InvariantCulture), index)));
        again.Current.IndexOf(IntentionTables.Entries).Should().Be(indexes.Max());
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Delete(recursive: true);
    }

    private protected override IStateStorage OpenEmpty() => new SqliteStateStorage(File, []);

    private static (string Key, string Value) Text(StoredRow row) => (row.Key, Encoding.UTF8.GetString(row.Value));

    private static Task<ulong> PutRootAsync(StateStore store, string name) => store.WriteAsync(writer =>
    {
        writer.Put(IntentionTables.Entries, new(name, [], null, writer.Index, writer.Index));
        return writer.Index;
    });

    // SQLite's own bound gives the very error of a full disk.
    private static void Limit(SqliteStateStorage storage, int pages)
    {
        using SqliteCommand command = storage.Connection.CreateCommand();
        command.CommandText = "PRAGMA max_page_count = " + pages.ToString(CultureInfo.InvariantCulture);
        command.ExecuteNonQuery();
    }
}
