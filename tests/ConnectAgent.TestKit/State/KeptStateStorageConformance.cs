using System.Globalization;
using System.Text;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.TestKit.State;

/// <summary>What a storage that keeps rows must do besides: several stores may be over it.</summary>
public abstract class KeptStateStorageConformance : StateStorageConformance
{
    [Fact]
    public void A_conflict_writes_nothing()
    {
        var storage = Open();
        var first = storage.Commit(0, [Put("t", "a", "1"), Put("t", "b", "1")], [new("t", 2)]);
        storage.Commit(0, [Put("t", "a", "2"), new RowChange("t", "b", null), Put("u", "c", "2")], [new("t", 9), new("u", 9)]);
        var stored = storage.Load();
        stored.Tables.Keys.Should().Equal("t");
        stored.Tables["t"].Select(row => (row.Key, Encoding.UTF8.GetString(row.Value))).Should().BeEquivalentTo([("a", "1"), ("b", "1")]);
        stored.Indexes.Should().Equal(new TableIndex("t", 2));
        stored.Revision.Should().Be(first.Revision);
    }

    [Fact] // issue 13 item 3: a store is not the only writer
    public async Task A_store_works_out_again_what_rests_on_what_another_has_changed()
    {
        var storage = Open();
        using var one = new StateStore(storage, ControlPlaneTables.All);
        using var other = new StateStore(storage, ControlPlaneTables.All);
        await one.WriteAsync(writer => Add(writer, "a"));
        using var watch = other.Watches.Watch([Topic.Row(AclTables.Roles, Id("a"))]);
        var index = await other.WriteAsync(writer =>
        {
            // It is run over what it has not seen, and then over what is there.
            Add(writer, writer.State.Find(AclTables.Roles, Id("a")) is null ? "wrong" : "b");
            return writer.Index;
        });
        other.Current.Rows(AclTables.Roles).Values.Select(role => role.Name).Should().Equal("a", "b");
        index.Should().BeGreaterThan(one.LastIndex, "an index never goes back, whoever gives it out (http-conventions IDX-10)");
        watch.Changed.IsCompleted.Should().BeTrue("what another has written is heard");
        await one.WriteAsync(writer => Add(writer, "c"));
        one.Current.Rows(AclTables.Roles).Values.Select(role => role.Name).Should().Equal("a", "b", "c");
        one.Current.IndexOf(AclTables.Roles).Should().BeGreaterThan(index);
        new[] { one.TakeSerial(), other.TakeSerial(), one.TakeSerial(), other.TakeSerial() }.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task Two_stores_that_write_at_once_lose_nothing()
    {
        var storage = Open();
        using var one = new StateStore(storage, ControlPlaneTables.All);
        using var other = new StateStore(storage, ControlPlaneTables.All);
        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            try
            {
                await (i % 2 == 0 ? one : other).WriteAsync(writer => Add(writer, i.ToString("D2", CultureInfo.InvariantCulture)));
            }
            catch (ServerException error) when (error.Limit == "state.attempts")
            {
                Interlocked.Increment(ref refused);
            }
        })));
        using var read = new StateStore(storage, ControlPlaneTables.All);
        read.Current.Rows(AclTables.Roles).Should().HaveCount(40 - refused);
        read.Current.Rows(AclTables.Roles).Values.Select(role => role.CreateIndex).Should().OnlyHaveUniqueItems();
    }

    private static bool Add(StateWriter writer, string name)
    {
        writer.Put(AclTables.Roles, new AclRole(Id(name), name) { CreateIndex = writer.Index, ModifyIndex = writer.Index });
        return true;
    }

    private static string Id(string name) => "00000000-0000-0000-0000-" + Convert.ToHexStringLower(Encoding.ASCII.GetBytes(name)).PadLeft(12, '0');
}
