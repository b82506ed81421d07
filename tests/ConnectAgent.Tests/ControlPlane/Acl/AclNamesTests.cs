using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.TestKit.State;
using ConnectAgent.Tests.ControlPlane.Acl.Login;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl;

/// <summary>One name whatever its case (FA-25).</summary>
public sealed class AclNamesTests : IDisposable
{
    private readonly LoginFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact] // FA-25
    public async Task FA_25_Two_policies_cannot_have_one_name_in_two_cases()
    {
        await _fixture.Tokens.InitializeAsync(string.Empty);
        var web = await _fixture.Policies.CreateAsync(new(string.Empty, "Web-Read"));
        await RefusedAsync(() => _fixture.Policies.CreateAsync(new(string.Empty, "web-read")), "Invalid Policy: A Policy with Name \"web-read\" already exists");
        await RefusedAsync(() => _fixture.Policies.CreateAsync(new(string.Empty, "Global-Management")), "Invalid Policy: A Policy with Name \"Global-Management\" already exists");
        var other = await _fixture.Policies.CreateAsync(new(string.Empty, "other"));
        await RefusedAsync(() => _fixture.Policies.UpdateAsync(other with { Name = "WEB-READ" }), "Invalid Policy: A policy with name \"WEB-READ\" already exists");
        AclPolicyStore.FindByName(_fixture.State.Current, "WEB-read").Should().BeSameAs(web);
        (await _fixture.Policies.UpdateAsync(web with { Name = "web-READ", Description = "d" })).Should()
            .Match<AclPolicy>(policy => policy.Name == "Web-Read" && policy.Description == "d", "the first spelling is kept");
    }

    [Fact] // FA-25: links by another case
    public async Task FA_25_Links_find_policies_and_roles_by_a_name_in_another_case()
    {
        var policy = await _fixture.Policies.CreateAsync(new(string.Empty, "Web-Read"));
        var role = await _fixture.Roles.CreateAsync(new(string.Empty, "Web", string.Empty, [new(string.Empty, "WEB-READ")], [], []));
        role.Policies.Should().Equal(policy.Id);
        await RefusedAsync(
            () => _fixture.Roles.CreateAsync(new(string.Empty, "wEB", string.Empty, [], [], [])), "Invalid Role: A Role with Name \"wEB\" already exists");
        var token = await _fixture.Tokens.CreateAsync(new() { Policies = [new(string.Empty, "web-read")], Roles = [new(string.Empty, "web")] });
        token.Policies.Should().Equal(policy.Id);
        token.Roles.Should().Equal(role.Id);
        await _fixture.Policies.DeleteAsync(policy.Id);
        AclPolicyStore.FindByName(_fixture.State.Current, "web-read").Should().BeNull();
    }

    [Fact] // FA-25: an auth method, its rules, its logins and its end
    public async Task FA_25_An_auth_method_is_one_in_every_case()
    {
        var made = await _fixture.MethodAsync(method => method with { Name = "Corp" });
        var changed = await _fixture.MethodAsync(method => method with { Name = "corp" });
        changed.Name.Should().Be("Corp");
        changed.CreateIndex.Should().Be(made.CreateIndex);
        _fixture.State.Current.Rows(LoginTables.AuthMethods).Should().ContainSingle();
        var rule = await _fixture.Rules.CreateAsync(new(string.Empty, "cORP") { BindType = "service", BindName = "web" });
        rule.AuthMethod.Should().Be("Corp");
        (await _fixture.Rules.UpdateAsync(rule with { AuthMethod = "CORP" })).AuthMethod.Should().Be("Corp");
        await _fixture.Methods.DeleteAsync("corp");
        _fixture.State.Current.Rows(LoginTables.AuthMethods).Should().BeEmpty();
        _fixture.State.Current.Rows(LoginTables.BindingRules).Should().BeEmpty();
    }

    [Fact] // FA-25: what the first revision let in opens; each spelling still means its own, any other means the first
    public void FA_25_A_state_with_one_name_in_two_cases_opens_and_gives_nobody_anothers_rights()
    {
        var storage = new SharedStateStorage();
        storage.Add(AclTables.Roles, new AclRole("00000000-0000-0000-0000-0000000000b0", "admin") { CreateIndex = 9 });
        storage.Add(AclTables.Roles, new AclRole("00000000-0000-0000-0000-0000000000c0", "Admin") { CreateIndex = 5 });
        storage.Add(LoginTables.AuthMethods, new AuthMethod("Corp", "jwt") { CreateIndex = 5 });
        storage.Add(LoginTables.AuthMethods, new AuthMethod("corp", "jwt") { CreateIndex = 6 });
        using var store = new StateStore(storage, ControlPlaneTables.All);
        AclRoleStore.FindByName(store.Current, "admin")!.Name.Should().Be("admin");
        AclRoleStore.FindByName(store.Current, "Admin")!.Name.Should().Be("Admin");
        AclRoleStore.FindByName(store.Current, "ADMIN")!.Name.Should().Be("Admin", "it was there first");
        AuthMethodStore.Find(store.Current, "corp")!.Name.Should().Be("corp");
        AuthMethodStore.Find(store.Current, "CORP")!.Name.Should().Be("Corp");
    }

    private static async Task RefusedAsync(Func<Task> write, string text) =>
        (await write.Should().ThrowAsync<ServerException>()).Which.Message.Should().Be(text);
}
