using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.TestKit.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl.Login;

/// <summary>From a bearer token to rights, and back (acl section 5.6).</summary>
public sealed class LoginServiceTests : IDisposable
{
    private readonly LoginFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact] // ACL-LOG-1
    public async Task A_login_makes_a_token_with_what_the_rules_bind()
    {
        await _fixture.MethodAsync();
        var role = await _fixture.Roles.CreateAsync(new AclRoleDraft("", "ops", "", [], [new ServiceIdentity("audit")], []));
        await _fixture.RuleAsync("service", "${value.service}", "value.team==core");
        await _fixture.RuleAsync("service", "${value.service}-admin", "ops in list.groups");
        await _fixture.RuleAsync("service", "never", "value.team==other");
        await _fixture.RuleAsync("node", "n-${value.service}");
        await _fixture.RuleAsync("role", "ops");
        await _fixture.RuleAsync("role", "${value.team}");
        await _fixture.RuleAsync("role", "no-such-role");

        var token = await _fixture.LoginAsync(("svc", "web"), ("team", "core"), ("groups", new JsonArray("ops", "dev")));

        var now = _fixture.Clock.GetUtcNow();
        token.Should().BeEquivalentTo(new
        {
            Description = "token created via login",
            Policies = Array.Empty<string>(),
            Roles = new[] { role.Id },
            ServiceIdentities = new[] { new ServiceIdentity("web"), new ServiceIdentity("web-admin") },
            NodeIdentities = new[] { new NodeIdentity("n-web", "dc1") },
            Local = true,
            AuthMethod = "m",
            CreateTime = now,
            ExpirationTime = now + TimeSpan.FromMinutes(5),
        });
        token.Hash.Should().Be(token.HashNow());
        var rights = _fixture.Resolver.Resolve(token.SecretId);
        (rights.ServiceWrite("web"), rights.ServiceWrite("web-admin"), rights.ServiceWrite("audit"), rights.ServiceWrite("never"), rights.Allows(AclResource.Node, "n-web", AclAccess.Write)).Should()
            .Be((true, true, true, false, true));
    }

    [Fact] // ACL-LOG-1: as recorded, names sorted
    public async Task The_description_tells_the_meta()
    {
        await BoundAsync();
        var meta = new Dictionary<string, string> { ["z"] = "<1>", ["host"] = "h1" };
        (await _fixture.Logins.LoginAsync("m", _fixture.Bearer(), meta)).Description.Should().Be(
            """token created via login: {"host":"h1","z":"\u003c1\u003e"}""");
        var long16 = () => _fixture.Logins.LoginAsync("m", _fixture.Bearer(), new Dictionary<string, string> { ["x"] = new string('x', 16 * 1024) });
        (await long16.Should().ThrowAsync<ServerException>().WithMessage("Bad request: Meta is longer than 16384 bytes")).Which.Limit.Should().Be("login.meta");
    }

    [Fact] // ACL-LOG-1, ACL-SEC-7
    public async Task A_token_lives_as_long_as_its_method_says()
    {
        await BoundAsync();
        var token = await _fixture.LoginAsync();
        _fixture.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        _fixture.Resolver.TryResolve(token.SecretId).Should().NotBeNull();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        _fixture.Resolver.TryResolve(token.SecretId).Should().BeNull();
        await _fixture.MethodAsync(method => method with { MaxTokenTtl = TimeSpan.Zero });
        (await _fixture.LoginAsync()).ExpirationTime.Should().BeNull();
    }

    [Theory] // ACL-LOG-1
    [InlineData("", true)]
    [InlineData("local", true)]
    [InlineData("global", false)]
    public async Task A_token_is_local_unless_its_method_is_global(string locality, bool isLocal)
    {
        await _fixture.MethodAsync(method => method with { TokenLocality = locality });
        await _fixture.RuleAsync("service", "web");
        (await _fixture.LoginAsync()).Local.Should().Be(isLocal);
    }

    [Fact] // ACL-LOG-2
    public async Task What_binds_nothing_is_refused()
    {
        await _fixture.MethodAsync();
        (await WhyNotAsync()).Should().Be((FailureKind.PermissionDenied, "Permission denied"));
        await _fixture.RuleAsync("service", "web", "value.team==core");
        await _fixture.RuleAsync("role", "no-such-role");
        (await WhyNotAsync(("team", "other"))).Should().Be((FailureKind.PermissionDenied, "Permission denied"));
        (await WhyNotAsync(("aud", "other"))).Should().Be((FailureKind.Mistake, "error validating claims: aud claim does not match any bound audience"));
        _fixture.State.Current.Rows(AclTables.Tokens).Should().BeEmpty();
        await _fixture.LoginAsync(("team", "core"));
    }

    [Fact] // ACL-LOG-2: the method is looked at first
    public async Task An_unknown_method_is_an_unknown_token()
    {
        foreach (var bearer in new[] { "", "x", _fixture.Bearer() })
        {
            var login = () => _fixture.Logins.LoginAsync("nope", bearer, new Dictionary<string, string>());
            (await login.Should().ThrowAsync<ServerException>()).Which.Should().Match<ServerException>(error =>
                error.Kind == FailureKind.UnknownToken && error.Message == "ACL not found: auth method \"nope\" not found");
        }
    }

    [Fact] // a claim makes no name that its owner could not have got otherwise
    public async Task A_name_that_a_claim_makes_must_be_a_name()
    {
        await _fixture.MethodAsync();
        await _fixture.RuleAsync("service", "${value.service}");
        foreach (var bad in new[] { "", "Web", "a b", "*", "web\n", "-", new string('x', 257), "${value.team}" })
        {
            (await WhyNotAsync(("svc", bad), ("team", "web"))).Text.Should().StartWith("computed \"service\" bind name for bind target is invalid: ", bad);
        }

        await _fixture.MethodAsync(method => method with { Config = LoginFixture.Config().ToJsonString() });
        (await WhyNotAsync(("svc", "web"))).Text.Should().Be(
            "cannot compute \"service\" bind name for bind target: 1:3: unknown variable accessed: value.service");
    }

    [Theory] // ACL-BR-2; what the token lacks is empty
    [InlineData("value.service == web", true)]
    [InlineData("value.service != web", false)]
    [InlineData("value.team == ``", true)]
    [InlineData("value.team != core", true)]
    [InlineData("value.nope == x", false)]
    [InlineData("value.nope != x", true)]
    [InlineData("we in value.service", true)]
    [InlineData("value.service matches `^w.b$`", true)]
    [InlineData("service in value", true)]
    [InlineData("nope in value", false)]
    [InlineData("value is empty", false)]
    [InlineData("ops in list.groups", true)]
    [InlineData("list.groups contains dev", true)]
    [InlineData("op in list.groups", false)]
    [InlineData("list.groups is empty", false)]
    [InlineData("list.groups is not empty", true)]
    [InlineData("list.nope is empty", true)]
    [InlineData("x not in list.nope", true)]
    [InlineData("groups in list", true)]
    [InlineData("list is empty", false)]
    [InlineData("value.service == web and (ops in list.groups or value.team == core) and not x in list.groups", true)]
    public async Task A_selector_decides(string selector, bool binds)
    {
        await _fixture.MethodAsync();
        await _fixture.RuleAsync("service", "web", selector);
        var claims = new (string, JsonNode?)[] { ("svc", "web"), ("groups", new JsonArray("ops", "dev")) };
        if (binds)
        {
            await _fixture.LoginAsync(claims);
            return;
        }

        (await WhyNotAsync(claims)).Text.Should().Be("Permission denied");
    }

    [Fact] // a changed method counts from the next login on; what it made before stays
    public async Task Other_keys_take_over_at_once()
    {
        await BoundAsync();
        var before = await _fixture.LoginAsync();
        var config = LoginFixture.Config(("JWTValidationPubKeys", new JsonArray(LoginFixture.OtherRsa.ExportSubjectPublicKeyInfoPem())));
        await _fixture.MethodAsync(method => method with { Config = config.ToJsonString() });
        (await WhyNotAsync()).Text.Should().StartWith("error verifying token signature: ");
        await _fixture.Logins.LoginAsync("m", BearerTokens.Sign(LoginFixture.OtherRsa, _fixture.Claims()), new Dictionary<string, string>());
        _fixture.Resolver.TryResolve(before.SecretId).Should().NotBeNull();
    }

    [Fact] // ACL-LOG-3
    public async Task A_logout_ends_a_token_of_a_login_and_no_other()
    {
        await BoundAsync();
        var token = await _fixture.LoginAsync();
        await _fixture.Logins.LogoutAsync(token);
        _fixture.Resolver.TryResolve(token.SecretId).Should().BeNull();
        await RefusesAsync(token, FailureKind.UnknownToken, "ACL not found");
        await RefusesAsync(null, FailureKind.UnknownToken, "ACL not found");
        var made = await _fixture.Tokens.CreateAsync(new AclTokenDraft());
        await RefusesAsync(made, FailureKind.PermissionDenied, "Permission denied");
        _fixture.Resolver.TryResolve(made.SecretId).Should().NotBeNull();
    }

    [Fact] // ACL-TOK-21, ACL-TOK-27, ACL-TOK-30
    public async Task A_token_of_a_login_stays_one()
    {
        await BoundAsync();
        var token = await _fixture.LoginAsync();
        var make = () => _fixture.Tokens.CreateAsync(new AclTokenDraft { AuthMethod = "m" });
        await make.Should().ThrowAsync<ServerException>().WithMessage("AuthMethod field is disallowed outside of Login");
        var change = () => _fixture.Tokens.UpdateAsync(new AclTokenDraft { AccessorId = token.AccessorId, Local = true, AuthMethod = "other" });
        await change.Should().ThrowAsync<ServerException>().WithMessage($"Cannot change AuthMethod of {token.AccessorId}");
        var copy = () => _fixture.Tokens.CloneAsync(token.AccessorId, "");
        await copy.Should().ThrowAsync<ServerException>().WithMessage("Cannot clone a token created from an auth method");
        var updated = await _fixture.Tokens.UpdateAsync(new AclTokenDraft { AccessorId = token.AccessorId, Local = true, Description = "mine" });
        (updated.AuthMethod, updated.ExpirationTime).Should().Be(("m", token.ExpirationTime));
    }

    [Fact] // two at once, while the method goes: none is left over
    public async Task No_token_outlives_a_method_that_goes_meanwhile()
    {
        for (var round = 0; round < 20; round++)
        {
            await BoundAsync();
            var logins = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                try
                {
                    await _fixture.LoginAsync();
                }
                catch (ServerException error)
                {
                    error.Message.Should().MatchRegex("^(ACL not found: auth method \"m\" not found|auth method \"m\" has changed meanwhile: log in again|Permission denied)$");
                }
            })).ToList();
            await _fixture.Methods.DeleteAsync("m");
            await Task.WhenAll(logins);
            _fixture.State.Current.Rows(AclTables.Tokens).Should().BeEmpty();
            _fixture.State.Current.By(AclTables.BySecret).Keys.Should().BeEmpty();
        }
    }

    private async Task BoundAsync()
    {
        await _fixture.MethodAsync();
        await _fixture.RuleAsync("service", "web");
    }

    private async Task RefusesAsync(AclToken? token, FailureKind kind, string text)
    {
        var logout = () => _fixture.Logins.LogoutAsync(token);
        (await logout.Should().ThrowAsync<ServerException>()).Which.Should().Match<ServerException>(error => error.Kind == kind && error.Message == text);
    }

    private async Task<(FailureKind Kind, string Text)> WhyNotAsync(params (string Name, JsonNode? Value)[] claims)
    {
        var login = () => _fixture.LoginAsync(claims);
        var error = (await login.Should().ThrowAsync<ServerException>()).Which;
        return (error.Kind, error.Message);
    }
}
