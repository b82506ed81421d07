using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.State;
using ConnectAgent.Testing;
using ConnectAgent.Tests.ControlPlane.Authority;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl;

/// <summary>FA-25 and its kind: an ID is a number (ACL-TOK-7), so the case of its digits means nothing; what was stored by its spelling is found.</summary>
public sealed class AclIdsTests : IDisposable
{
    private const string Accessor = "ABCDEF00-1111-2222-3333-44445555AAAA";
    private const string Policy = "ABCDEF00-1111-2222-3333-44445555BBBB";
    private const string Role = "ABCDEF00-1111-2222-3333-44445555CCCC";

    private const string Torn = "ABCDEF00-1111-2222-3333-44445555DDDD";

    private readonly StateStore _state = new(new MemoryStateStorage(), ControlPlaneTables.All);
    private readonly ManualTimeProvider _clock = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("connect-agent-");

    public void Dispose()
    {
        _state.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task FA_25_A_token_is_found_changed_and_removed_whatever_the_case_of_its_ID()
    {
        var tokens = new AclTokenStore(_state, _clock);
        await tokens.CreateAsync(new AclTokenDraft { AccessorId = Accessor });
        foreach (var spelling in new[] { Accessor, Accessor.ToLowerInvariant(), "abcdef00-1111-2222-3333-44445555AAAA" })
        {
            tokens.Find(_state.Current, spelling)!.AccessorId.Should().Be(Accessor, "the first spelling is kept");
            (await tokens.UpdateAsync(new AclTokenDraft { AccessorId = spelling, Description = spelling })).AccessorId.Should().Be(Accessor);
            await RefusedAsync(() => tokens.CreateAsync(new AclTokenDraft { AccessorId = spelling }), "Invalid Token: AccessorID is already in use");
            await RefusedAsync(() => tokens.DeleteAsync(spelling, own: Accessor), "Deletion of the request's authorization token is not permitted");
        }

        _state.Current.Rows(AclTables.Tokens).Should().ContainSingle();
        await tokens.DeleteAsync(Accessor.ToLowerInvariant(), own: null);
        _state.Current.Rows(AclTables.Tokens).Should().BeEmpty();
    }

    [Fact]
    public async Task FA_25_Policies_roles_and_links_are_found_whatever_the_case_of_their_ID()
    {
        var policies = new AclPolicyStore(_state, new AclOptions(), NullLogger<AclPolicyStore>.Instance);
        var made = await policies.CreateAsync(new AclPolicy(string.Empty, "p"));
        var capitals = made.Id.ToUpperInvariant();
        AclPolicyStore.Find(_state.Current, capitals)!.Id.Should().Be(made.Id);
        (await policies.UpdateAsync(new AclPolicy(capitals, "p") { Description = "d" })).Id.Should().Be(made.Id);
        _state.Current.Rows(AclTables.Policies).Should().ContainSingle();
        var roles = new AclRoleStore(_state);
        var role = await roles.CreateAsync(new AclRoleDraft(string.Empty, "r", string.Empty, [new AclLink(capitals, string.Empty), new AclLink(made.Id, string.Empty)], [], []));
        role.Policies.Should().Equal([made.Id], "two spellings are one link, to the policy as it is");
        await roles.DeleteAsync(role.Id.ToUpperInvariant());
        _state.Current.Rows(AclTables.Roles).Should().BeEmpty();
        await policies.DeleteAsync(capitals);
        _state.Current.Rows(AclTables.Policies).Should().BeEmpty();
    }

    [Fact] // design "Data outlives versions": rows that an earlier revision has stored by their spelling
    public void FA_25_Rows_under_IDs_in_capitals_are_found_after_the_migration()
    {
        var file = Path.Combine(_folder.FullName, "state.db");
        using (var old = new SqliteStateStorage(file, [StateMigrations.Steps[0]]))
        {
            old.Commit(
                0,
                [
                    Row(AclTables.Tokens, Accessor, new AclToken(Accessor, "s") { Policies = [Policy], Roles = [Role] }),
                    Row(AclTables.Policies, Policy, new AclPolicy(Policy, "p")),
                    Row(AclTables.Roles, Role, new AclRole(Role, "stays") { CreateIndex = 9 }),
                    Row(AclTables.Roles, Role.ToLowerInvariant(), new AclRole(Role.ToLowerInvariant(), "goes") { CreateIndex = 10 }),
                    new RowChange("acl-policies", Torn, "{"u8.ToArray()),
                    Row(AclTables.Policies, Torn.ToLowerInvariant(), new AclPolicy(Torn.ToLowerInvariant(), "whole") { CreateIndex = 10 }),
                    new RowChange("acl-auth-methods", "m", """{"Name":"m","Type":"jwt","DisplayName":"","Description":"","MaxTokenTtl":"00:05:00","TokenLocality":"","Config":"{}"}"""u8.ToArray()),
                ],
                [new("acl-tokens", 2)]);
        }

        using var log = new ListLog();
        using var storage = new SqliteStateStorage(file, StateMigrations.Steps, log);
        using var store = new StateStore(storage, ControlPlaneTables.All);
        var token = new AclTokenStore(store, _clock).Find(store.Current, Accessor)!;
        token.AccessorId.Should().Be(Accessor);
        store.Current.Find(AclTables.Policies, token.Policies[0])!.Name.Should().Be("p");
        store.Current.Find(AclTables.Roles, token.Roles[0])!.Name.Should().Be("stays", "of two that are one, the one that was made first stays");
        store.Current.Find(AclTables.Policies, Torn)!.Name.Should().Be("whole", "of two that are one, what can be read stays");
        log.Lines.Should().HaveCount(2, "nothing goes without a word").And.Contain(line => line.Contains("table=acl-roles", StringComparison.Ordinal) && line.Contains(Role.ToLowerInvariant(), StringComparison.Ordinal))
            .And.Contain(line => line.Contains("table=acl-policies", StringComparison.Ordinal) && line.Contains(Torn, StringComparison.Ordinal));
        AuthMethodStore.Find(store.Current, "m")!.MaxTokenTtl.Should().Be((ExactDuration)TimeSpan.FromMinutes(5), "its row is in the former form");
    }

    [Fact]
    public async Task FA_25_A_snapshot_with_keys_in_capitals_can_be_restored()
    {
        await _state.WriteAsync(writer =>
        {
            writer.Put(AclTables.Policies, new AclPolicy(Policy, "p") { CreateIndex = writer.Index, ModifyIndex = writer.Index });
            return true;
        });
        var archive = new MemoryStream();
        await SnapshotWriter.WriteAsync(archive, _state.Export(), ControlPlaneTables.All, SnapshotOptions.Any, DateTimeOffset.UnixEpoch, default);
        var former = SnapshotFile.Read(archive.ToArray());
        former.Rows.Single(row => (string?)row["Table"] == "acl-policies")["Key"] = Policy;
        var (_, image) = await SnapshotReader.ReadAsync(new MemoryStream(former.Pack()), ControlPlaneTables.All, default);
        image.State.Find(AclTables.Policies, Policy)!.Name.Should().Be("p");
    }

    private static RowChange Row<T>(StateTable<T> table, string key, T row)
        where T : class => new(table.Name, key, table.Encode(row));

    private static async Task RefusedAsync(Func<Task> write, string text) =>
        (await write.Should().ThrowAsync<ServerException>()).Which.Message.Should().Be(text);
}
