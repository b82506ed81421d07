using System.Text;
using ConnectAgent.ControlPlane;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.TestKit.State;

/// <summary>What every storage of the state must do while it is open; derive a test class for each.</summary>
public abstract class StateStorageConformance : IDisposable
{
    private readonly List<IStateStorage> _opened = [];

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void An_empty_storage_loads_as_nothing()
    {
        var stored = Open().Load();
        stored.Tables.Should().BeEmpty();
        stored.Indexes.Should().BeEmpty();
        stored.Counters.Should().BeEmpty();
        stored.Revision.Should().Be(0);
    }

    [Fact]
    public void Writes_of_every_kind_are_taken()
    {
        var storage = Open();
        var first = storage.Commit(0, [Put("t", "a", "1"), Put("t", string.Empty, "2"), Put("u", "\u043a\u043b\u044e\u0447\0\u2603", "3")], [new("t", 2), new("u", 2)]);
        first.Outcome.Should().Be(CommitOutcome.Committed);
        var second = storage.Commit(
            first.Revision, [new RowChange("t", "a", null), new RowChange("t", "never there", null)], [new("t", ulong.MaxValue / 4)]);
        second.Outcome.Should().Be(CommitOutcome.Committed);
        storage.Load().Revision.Should().Be(second.Revision).And.NotBe(first.Revision).And.NotBe(0);
    }

    [Fact] // design "Scale-out is somebody else's engine": nothing is written over what the writer has not seen
    public void A_commit_over_another_revision_than_the_expected_one_is_a_conflict()
    {
        var storage = Open();
        var first = storage.Commit(0, [Put("t", "a", "1")], [new("t", 2)]);
        storage.Commit(0, [Put("t", "a", "2")], [new("t", 3)]).Should().Be(new CommitResult(CommitOutcome.Conflict, first.Revision));
        storage.Commit(first.Revision + 7, [Put("t", "a", "2")], [new("t", 3)]).Should().Be(new CommitResult(CommitOutcome.Conflict, first.Revision));
        storage.Load().Revision.Should().Be(first.Revision);
        storage.Commit(first.Revision, [Put("t", "a", "3")], [new("t", 3)]).Outcome.Should().Be(CommitOutcome.Committed);
    }

    [Fact] // CERT-48: two writers never give out one serial
    public void A_block_of_a_counter_is_reserved_by_one_writer()
    {
        var storage = Open();
        var (one, other) = (0UL, 0UL);
        storage.TryReserve("serial", ref one, 7).Should().BeTrue();
        one.Should().Be(7);
        storage.TryReserve("serial", ref other, 7).Should().BeFalse("the first has them, although both end at one number");
        other.Should().Be(7);
        storage.TryReserve("serial", ref other, 14).Should().BeTrue();
        storage.TryReserve("serial", ref one, 5).Should().BeFalse("what is given back would be another's");
        one.Should().Be(14);
    }

    [Fact]
    public async Task A_store_works_over_it()
    {
        using var store = new StateStore(Open(), ControlPlaneTables.All);
        store.TakeIndex().Should().Be(2, "1 is what a table without any write answers");
        store.TakeSerial().Should().Be(1);
        (await store.WriteAsync(writer => writer.Index)).Should().Be(3);
        store.LastIndex.Should().Be(3);
    }

    internal static RowChange Put(string table, string key, string value) => new(table, key, Encoding.UTF8.GetBytes(value));

    /// <summary>Opens a storage with nothing in it.</summary>
    private protected abstract IStateStorage OpenEmpty();

    protected virtual void Dispose(bool disposing) => _opened.ForEach(storage => storage.Dispose());

    private protected IStateStorage Open()
    {
        var storage = OpenEmpty();
        _opened.Add(storage);
        return storage;
    }
}
