using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.Tests.ControlPlane.Acl.Login;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl;

/// <summary>How long what callers say of ACL objects may be (FA-1: what a caller spells is a store without a bound).</summary>
public sealed class AclBoundsTests : IDisposable
{
    private readonly LoginFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task FA_1_Texts_and_lists_of_acl_objects_are_bounded()
    {
        var policy = new AclPolicy(string.Empty, "p");
        await RefusedAsync("acl.rules", () => _fixture.Policies.CreateAsync(policy with { Rules = new string(' ', (512 * 1024) + 1) }));
        await RefusedAsync("acl.rules", () => _fixture.Policies.CreateAsync(policy with { Rules = "#" + new string('\u2603', (512 * 1024 / 3) + 1) }));
        await RefusedAsync("acl.description", () => _fixture.Policies.CreateAsync(policy with { Description = new string('x', 32769) }));
        await RefusedAsync("acl.links", () => _fixture.Policies.CreateAsync(policy with { Datacenters = [.. Enumerable.Repeat("dc1", 1025)] }));
        await RefusedAsync("acl.name", () => _fixture.Policies.CreateAsync(policy with { Datacenters = [new string('d', 257)] }));

        IReadOnlyList<AclLink> many = [.. Enumerable.Repeat(new AclLink(string.Empty, "p"), 1025)];
        await RefusedAsync("acl.links", () => _fixture.Tokens.CreateAsync(new() { Policies = many }));
        await RefusedAsync("acl.links", () => _fixture.Tokens.CreateAsync(new() { Roles = many }));
        await RefusedAsync("acl.links", () => _fixture.Tokens.CreateAsync(new() { ServiceIdentities = [.. Enumerable.Repeat(new ServiceIdentity("web"), 1025)] }));
        await RefusedAsync("acl.links", () => _fixture.Tokens.CreateAsync(new() { NodeIdentities = [.. Enumerable.Repeat(new NodeIdentity("n", "dc1"), 1025)] }));
        await RefusedAsync("acl.name", () => _fixture.Tokens.CreateAsync(new() { Policies = [new(string.Empty, new string('p', 257))] }));
        await RefusedAsync("acl.links", () => _fixture.Roles.CreateAsync(new(string.Empty, "r", string.Empty, many, [], [])));
        await RefusedAsync("acl.description", () => _fixture.Roles.CreateAsync(new(string.Empty, "r", new string('x', 32769), [], [], [])));

        await RefusedAsync("acl.method", () => _fixture.MethodAsync(method => method with { Config = new string(' ', (256 * 1024) + 1) }));
        await _fixture.MethodAsync();
        await RefusedAsync("acl.binding", () => _fixture.RuleAsync("service", "web", new string(' ', 4097)));
        await RefusedAsync("acl.binding", () => _fixture.RuleAsync("service", new string('w', 4097)));
    }

    [Fact] // all are held in memory, and a login makes one for whoever has a bearer token
    public async Task There_are_only_so_many_acl_objects()
    {
        await _fixture.MethodAsync();
        await _fixture.RuleAsync("service", "web");
        var token = await _fixture.Tokens.CreateAsync(new());
        await _fixture.State.WriteAsync(writer =>
        {
            Fill(writer, AclTables.Tokens, AclBounds.Tokens, id => new AclToken(id, id));
            Fill(writer, AclTables.Policies, AclBounds.Policies, id => new AclPolicy(id, id));
            Fill(writer, AclTables.Roles, AclBounds.Roles, id => new AclRole(id, id));
            Fill(writer, LoginTables.AuthMethods, LoginBounds.Methods, id => new AuthMethod(id, "jwt"));
            Fill(writer, LoginTables.BindingRules, LoginBounds.Rules, id => new BindingRule(id, "none"));
            return true;
        });
        await RefusedAsync("acl.tokens", () => _fixture.Tokens.CreateAsync(new()));
        await RefusedAsync("acl.tokens", () => _fixture.Tokens.CloneAsync(token.AccessorId, string.Empty));
        await RefusedAsync("acl.tokens", () => _fixture.LoginAsync());
        await RefusedAsync("acl.policies", () => _fixture.Policies.CreateAsync(new AclPolicy(string.Empty, "p")));
        await RefusedAsync("acl.roles", () => _fixture.Roles.CreateAsync(new(string.Empty, "r", string.Empty, [], [], [])));
        await RefusedAsync("acl.methods", () => _fixture.MethodAsync(method => method with { Name = "more" }));
        await RefusedAsync("acl.binding_rules", () => _fixture.RuleAsync("service", "more"));

        // What is there can still be changed, and what goes makes room.
        await _fixture.MethodAsync(method => method with { Description = "changed" });
        await _fixture.Tokens.UpdateAsync(new() { AccessorId = token.AccessorId, Description = "changed" });
        await _fixture.Tokens.DeleteAsync(token.AccessorId, own: null);
        await _fixture.Tokens.CreateAsync(new());
    }

    private static void Fill<T>(StateWriter writer, StateTable<T> table, CountBound bound, Func<string, T> row)
        where T : class
    {
        for (var n = writer.State.Rows(table).Count; n < bound.Most; n++)
        {
            writer.Put(table, row($"10000000-0000-0000-0000-{n:x12}"));
        }
    }

    [Fact] // FA-1: a text that no token is so long is not even looked up
    public void FA_1_A_token_longer_than_any_is_unknown()
    {
        var resolve = () => _fixture.Resolver.Resolve(new string('t', TokenText.Longest + 1));
        var refusal = resolve.Should().Throw<ServerException>().WithMessage("ACL not found").Which;
        (refusal.Kind, refusal.Limit).Should().Be((FailureKind.UnknownToken, TokenText.LimitName));
    }

    private static async Task RefusedAsync(string limit, Func<Task> write)
    {
        var refusal = (await write.Should().ThrowAsync<ServerException>()).Which;
        (refusal.Kind, refusal.Limit).Should().Be((FailureKind.Invalid, limit));
    }
}
