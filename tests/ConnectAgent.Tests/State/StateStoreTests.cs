using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
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

    private static Task<bool> WriteAsync(StateStore store) => store.WriteAsync(writer =>
    {
        writer.Put(AclTables.Roles, new AclRole("00000000-0000-0000-0000-0000000000b0", "admin"));
        return true;
    });
}
