using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl;

/// <summary>Tokens and their rights from the live state (acl sections 3, 5.2 and 8).</summary>
public sealed class TokenResolverTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly StateStore _state = new(new MemoryStateStorage(), ControlPlaneTables.All);
    private readonly AclTokenStore _tokens;
    private readonly AclPolicyStore _policies;
    private readonly AclRoleStore _roles;
    private readonly RecoveryToken _recovery = new("node1");
    private readonly TokenResolver _resolver;

    public TokenResolverTests()
    {
        _tokens = new AclTokenStore(_state, _clock);
        _policies = new AclPolicyStore(_state, new AclOptions(), NullLogger<AclPolicyStore>.Instance);
        _roles = new AclRoleStore(_state);
        _resolver = new TokenResolver(
            _state, new AclOptions { Enabled = true, DefaultAllow = false, Datacenter = "dc1" }, _recovery, _clock);
    }

    public void Dispose() => _state.Dispose();

    [Fact] // ACL-CFG-7, ACL-POL-3, ACL-DFLT-1
    public async Task At_the_start_there_are_a_management_and_an_anonymous_token()
    {
        await _tokens.InitializeAsync("root");
        await _tokens.InitializeAsync("root");
        _resolver.Resolve("root").AclWrite().Should().BeTrue();
        _resolver.Resolve("root").Snapshot().Should().BeTrue();
        _resolver.Resolve(string.Empty).ServiceRead("web").Should().BeFalse();
        _resolver.Resolve("anonymous").Should().BeSameAs(_resolver.Resolve("anonymous"));
        _state.Current.Rows(AclTables.Tokens).Should().HaveCount(2);
        _state.Current.Find(AclTables.Policies, BuiltinPolicy.Id)!.Hash.Should().Be("swIQt6up+s0cV4kePfJ2aRdKCLaQyykF4Hl1Nfdeumk=");
        var again = () => _tokens.BootstrapAsync(string.Empty, 0, static () => { });
        (await again.Should().ThrowAsync<ServerException>()).WithMessage("Permission denied: ACL bootstrap no longer allowed (reset index: *)");
    }

    [Theory] // ACL-ERR-3, ACL-ERR-4, ACL-REQ-3
    [InlineData("unknown", "ACL not found", FailureKind.UnknownToken)]
    [InlineData("allow", "Cannot resolve root ACL", FailureKind.Mistake)]
    [InlineData("manage", "Cannot resolve root ACL", FailureKind.Mistake)]
    public async Task What_is_no_token_is_refused(string token, string text, FailureKind kind)
    {
        await _tokens.InitializeAsync("root");
        var resolve = () => _resolver.Resolve(token);
        resolve.Should().Throw<ServerException>().WithMessage(text).Which.Kind.Should().Be(kind);
    }

    [Fact] // ACL-RES-1: on the very next request
    public async Task Deletions_links_and_rules_act_at_once()
    {
        var policy = await _policies.CreateAsync(new AclPolicy(string.Empty, "p") { Rules = "service \"web\" { policy = \"read\" }" });
        var role = await _roles.CreateAsync(new AclRoleDraft(string.Empty, "r", string.Empty, [new AclLink(policy.Id, string.Empty)], [], []));
        var token = await _tokens.CreateAsync(new AclTokenDraft { Roles = [new AclLink(string.Empty, "r")] });
        Rights().ServiceRead("web").Should().BeTrue();
        Rights().ServiceWrite("web").Should().BeFalse();
        await _policies.UpdateAsync(policy with { Rules = "service \"web\" { policy = \"write\" }" });
        Rights().ServiceWrite("web").Should().BeTrue();
        await _roles.DeleteAsync(role.Id);
        Rights().ServiceRead("web").Should().BeFalse();
        await _tokens.UpdateAsync(new AclTokenDraft { AccessorId = token.AccessorId, ServiceIdentities = [new ServiceIdentity("web")] });
        Rights().ServiceWrite("web-sidecar-proxy").Should().BeTrue();
        await _tokens.DeleteAsync(token.AccessorId, own: null);
        _resolver.TryResolve(token.SecretId).Should().BeNull();

        TokenRights Rights() => _resolver.Resolve(token.SecretId);
    }

    [Fact] // parked readers wake when their own rights change, and only then
    public async Task Rights_stay_the_same_object_while_nothing_about_them_changes()
    {
        var policy = await _policies.CreateAsync(new AclPolicy(string.Empty, "p") { Rules = "operator = \"read\"" });
        var token = await _tokens.CreateAsync(new AclTokenDraft { Policies = [new AclLink(policy.Id, string.Empty)] });
        var before = _resolver.Resolve(token.SecretId);
        await _tokens.CreateAsync(new AclTokenDraft());
        _resolver.Resolve(token.SecretId).Should().BeSameAs(before);
        await _policies.UpdateAsync(policy with { Rules = "operator = \"write\"" });
        _resolver.Resolve(token.SecretId).Should().NotBeSameAs(before);
    }

    [Fact] // ACL-TOK-33, ACL-SEC-7: from its time on, whether removed or not
    public async Task An_expired_token_is_refused_at_its_time_and_then_removed()
    {
        var token = await _tokens.CreateAsync(new AclTokenDraft { ExpirationTtl = TimeSpan.FromMinutes(5) });
        _resolver.Resolve(token.SecretId).Should().NotBeNull();
        (await _tokens.ReapAsync(10)).Should().Be(0);
        _clock.Advance(TimeSpan.FromMinutes(5));
        _resolver.TryResolve(token.SecretId).Should().BeNull();
        _tokens.Find(_state.Current, token.AccessorId).Should().BeNull();
        (await _tokens.ReapAsync(10)).Should().Be(1);
        _state.Current.Rows(AclTables.Tokens).Should().BeEmpty();
        _state.Current.By(AclTables.BySecret).Keys.Should().BeEmpty();
    }

    [Fact] // ACL-AGT-5
    public void The_recovery_token_works_without_any_store_and_for_this_node_alone()
    {
        _recovery.Use("recover");
        var rights = _resolver.Resolve("recover");
        rights.AgentWrite("node1").Should().BeTrue();
        rights.AgentRead("node2").Should().BeFalse();
        rights.NodeRead("node2").Should().BeTrue();
        rights.Allows(AclResource.Node, "node2", AclAccess.Write).Should().BeFalse();
        _recovery.Use(string.Empty);
        _resolver.TryResolve("recover").Should().BeNull();
    }

    [Fact] // ACL-DEF-1: through real tokens
    public async Task No_token_changes_what_another_one_is_granted()
    {
        var a = await _policies.CreateAsync(new AclPolicy(string.Empty, "a") { Rules = "service \"web\" { policy = \"read\" }" });
        var b = await _policies.CreateAsync(new AclPolicy(string.Empty, "b") { Rules = "service \"web\" { policy = \"write\" }" });
        var c = await _policies.CreateAsync(new AclPolicy(string.Empty, "c") { Rules = "operator = \"read\"" });
        var strong = await _tokens.CreateAsync(new AclTokenDraft { Policies = [new AclLink(a.Id, ""), new AclLink(b.Id, "")] });
        var withIdentity = await _tokens.CreateAsync(new AclTokenDraft
        {
            Policies = [new AclLink(a.Id, "")],
            ServiceIdentities = [new ServiceIdentity("web")],
        });
        _resolver.Resolve(strong.SecretId).ServiceWrite("web").Should().BeTrue();
        _resolver.Resolve(withIdentity.SecretId).ServiceWrite("web").Should().BeTrue();
        var weak = await _tokens.CreateAsync(new AclTokenDraft { Policies = [new AclLink(a.Id, ""), new AclLink(c.Id, "")] });
        _resolver.Resolve(weak.SecretId).ServiceWrite("web").Should().BeFalse();
        _resolver.Resolve(weak.SecretId).ServiceRead("web").Should().BeTrue();
    }

    [Fact]
    public void No_secret_is_in_a_printed_token()
    {
        var token = new AclToken("accessor", "s3cret");
        token.ToString().Should().NotContain("s3cret");
        new AclTokenDraft { SecretId = "s3cret" }.ToString().Should().NotContain("s3cret");
        ConnectAgent.Http.Acl.AclTokenReply.Of(StateSnapshot.Empty, token).ToString().Should().NotContain("s3cret");
    }
}
