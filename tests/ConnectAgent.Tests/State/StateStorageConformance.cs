using System.Text;
using ConnectAgent.ControlPlane;
using ConnectAgent.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.State;

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
    }

    [Fact]
    public void Writes_of_every_kind_are_taken()
    {
        var storage = Open();
        storage.Commit([Put("t", "a", "1"), Put("t", string.Empty, "2"), Put("u", "\u043a\u043b\u044e\u0447\0\u2603", "3")], [new("t", 2), new("u", 2)]);
        storage.Commit([new RowChange("t", "a", null), new RowChange("t", "never there", null)], [new("t", ulong.MaxValue / 4)]);
        storage.Reserve("index", 7);
        storage.Reserve("index", 9);
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

    private IStateStorage Open()
    {
        var storage = OpenEmpty();
        _opened.Add(storage);
        return storage;
    }
}
