using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.State;

/// <summary>What the store does when it is not the only writer.</summary>
public sealed class StateStoreTests
{
    [Fact] // issue 13 item 3: retried, then refused clearly; nothing is changed
    public async Task A_write_is_refused_when_another_writer_is_always_faster()
    {
        var storage = new SharedStateStorage();
        using var store = new StateStore(storage, ControlPlaneTables.All);
        storage.IsContended = true;
        (await FluentActions.Awaiting(() => WriteAsync(store)).Should().ThrowAsync<ServerException>()
            .WithMessage("state could not be stored: another writer was faster 8 times, try again later")).Which.Limit.Should().Be("state.attempts");
        storage.Commits.Should().Be(8);
        store.Current.Rows(AclTables.Roles).Should().BeEmpty();
        storage.IsContended = false;
        await WriteAsync(store);
        store.Current.Rows(AclTables.Roles).Should().ContainSingle();
    }

    [Fact] // docs/limits.md, state.queue
    public async Task Writes_beyond_the_queue_are_refused()
    {
        using var store = new StateStore(new MemoryStateStorage(), ControlPlaneTables.All);
        var (begun, go) = (new TaskCompletionSource(), new ManualResetEventSlim());
        var first = store.WriteAsync(_ =>
        {
            begun.TrySetResult();
            go.Wait();
            return true;
        });
        await begun.Task;
        var waiting = Enumerable.Range(0, 4096).Select(_ => store.WriteAsync(static _ => true)).ToList();
        var error = (await FluentActions.Awaiting(() => WriteAsync(store)).Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.RateLimited, "state.queue"));
        go.Set();
        await Task.WhenAll(waiting.Append(first));
        go.Dispose();
        await WriteAsync(store);
    }

    [Fact] // issue 14, start with many services: so many rows are read on several threads, as strictly as a few, and found as before
    public async Task Many_rows_are_read_as_strictly_as_a_few()
    {
        const int Count = 5000;
        var storage = new SharedStateStorage();
        using (var store = new StateStore(storage, ControlPlaneTables.All))
        {
            await store.WriteAsync(writer =>
            {
                foreach (var i in Enumerable.Range(0, Count))
                {
                    writer.Put(AclTables.Roles, new AclRole($"00000000-0000-0000-0000-{i:d12}", $"role-{i}"));
                }

                return true;
            });
        }

        using (var again = new StateStore(storage, ControlPlaneTables.All))
        {
            again.Current.Rows(AclTables.Roles).Should().HaveCount(Count);
            again.Current.FindBySecond(AclTables.RolesByName, "role-4321").Should().ContainSingle().Which.Id.Should().EndWith("4321");
        }

        var revision = storage.Load().Revision;
        storage.Commit(revision, [new RowChange(AclTables.Roles.Name, "00000000-0000-0000-0000-000000004000", "{}"u8.ToArray())], []);
        FluentActions.Invoking(() => new StateStore(storage, ControlPlaneTables.All)).Should().Throw<StateStorageException>()
            .WithMessage("table * has a row that cannot be read*");
    }

    private static Task<bool> WriteAsync(StateStore store) => store.WriteAsync(writer =>
    {
        writer.Put(AclTables.Roles, new AclRole("00000000-0000-0000-0000-0000000000b0", "admin"));
        return true;
    });
}
