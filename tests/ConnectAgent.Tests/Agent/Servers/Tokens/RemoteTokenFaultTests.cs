using System.Diagnostics.Metrics;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.TestKit;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Tokens;

/// <summary>Faults of the resolution of remote tokens that were found in the running product: what is right is here.</summary>
public sealed class RemoteTokenFaultTests : IDisposable
{
    private const string Token = "aaaa";
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);
    private static readonly AccessRequest WriteWeb = new(AclResource.Service, "web", AclAccess.Write);
    private static readonly AccessRequest ReadWebIntentions = new(AclResource.Intention, "web", AclAccess.Read);
    private static readonly AccessRequest ReadNode = new(AclResource.Node, "n1", AclAccess.Read);
    private static readonly AccessRequest ReadAcl = new(AclResource.Acl, string.Empty, AclAccess.Read);

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedAuthority _servers = new();
    private readonly RecoveryToken _recovery = new("node1");
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public RemoteTokenFaultTests() => _servers.Grant(Token, WriteWeb, ReadWebIntentions);

    public void Dispose() => _services.Dispose();

    [Fact] // FA-15: with a call that ends before anybody can look, the order is certain
    public async Task FA_15_An_answer_of_the_down_policy_is_for_who_asked_then_and_nobody_after()
    {
        var tokens = Create(DownPolicy.Allow);
        var rights = await tokens.ResolveAsync(Token, default);
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        for (var i = 0; i < 200; i++)
        {
            var unseen = new AccessRequest(AclResource.Node, "n" + i, AclAccess.Read);
            (await rights.AllowsAsync(unseen, default)).Should().BeTrue("the servers are unreachable");
        }

        _servers.Failure = null;
        _clock.Advance(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 200; i++)
        {
            var unseen = new AccessRequest(AclResource.Node, "n" + i, AclAccess.Read);
            (await rights.AllowsAsync(unseen, default)).Should().BeFalse("{0} is asked anew", i);
        }
    }

    [Fact] // FA-16: what one token, or one question, makes of a server that answers is nobody else's outage
    public async Task FA_16_A_failure_of_one_call_is_no_outage_for_other_tokens()
    {
        // Given
        var tokens = Create(DownPolicy.Deny);
        var odd = new ServerException(FailureKind.Unreachable, "Unexpected response code: 500") { IsOfThisCall = true };
        _servers.Grant("other", ReadNode);

        // When, then
        _servers.Failure = odd;
        (await AllowsAsync(tokens, WriteWeb, "odd")).Should().BeFalse();
        _servers.Failure = null;
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue("the servers are asked");
        _servers.Failure = odd;
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _servers.Failure = null;
        (await AllowsAsync(tokens, ReadNode, "other")).Should().BeTrue("the servers are asked");

        // While nobody is there, nobody waits for that once more.
        _servers.Failure = new ServerException(FailureKind.Unreachable, "connection refused");
        (await AllowsAsync(tokens, WriteWeb, "third")).Should().BeFalse();
        var looks = _servers.Looks;
        (await AllowsAsync(tokens, WriteWeb, "fourth")).Should().BeFalse();
        _servers.Looks.Should().Be(looks);
    }

    [Fact] // FA-17
    public async Task FA_17_What_is_restored_never_overrides_an_answer()
    {
        // Given
        var tokens = Create();
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");

        // When
        tokens.Remember(Token, [ReadAcl]);
        tokens.Remember(Token, [WriteWeb, ReadNode]);

        // Then
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _clock.Advance(Ttl);
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        (await AllowsAsync(tokens, ReadNode)).Should().BeFalse("the servers have answered for this token in this life");
    }

    [Fact] // FA-17: no such token is an answer, too
    public async Task FA_17_What_is_restored_brings_no_unknown_token_back()
    {
        var tokens = Create();
        await RefusesAsync(tokens, "gone");
        tokens.Remember("gone", [WriteWeb]);
        await RefusesAsync(tokens, "gone");
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        _clock.Advance(Ttl);
        (await AllowsAsync(tokens, WriteWeb, "gone")).Should().BeFalse();
    }

    [Fact] // FA-14: made-up tokens are looked up a few at a time, and one that is known waits for none of them
    public async Task FA_14_A_flood_of_made_up_tokens_is_spread()
    {
        // Given
        var tokens = Create();
        await tokens.ResolveAsync(Token, default);
        _clock.Advance(Ttl);
        var gate = _servers.Hold();
        var before = _servers.Looks;

        // When
        var madeUp = Enumerable.Range(0, 100).Select(i => tokens.ResolveAsync("made-up-" + i, default).AsTask()).ToList();
        var known = tokens.ResolveAsync(Token, default).AsTask();
        await _servers.LookedForAsync(Token);

        // Then
        (_servers.Looks - before).Should().BeLessThanOrEqualTo(8 + 1);
        gate.SetResult();
        await known;
        foreach (var refused in madeUp)
        {
            (await FluentActions.Awaiting(() => refused).Should().ThrowAsync<ServerException>()).WithMessage("ACL not found");
        }

        _servers.MostAtOnce.Should().BeLessThanOrEqualTo(8 + 1);
    }

    [Fact] // FA-14: what waits is bounded; who is refused is not told that he is unknown, and no down policy speaks for him
    public async Task FA_14_Beyond_the_queue_a_look_is_refused()
    {
        var tokens = Create(DownPolicy.Allow);
        var gate = _servers.Hold();
        var madeUp = Enumerable.Range(0, 600).Select(i => tokens.ResolveAsync("made-up-" + i, default).AsTask()).ToList();
        var refused = await Task.WhenAny(madeUp);
        var error = (await FluentActions.Awaiting(() => refused).Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.RateLimited, "acl.lookups_waiting"));
        gate.SetResult();
        foreach (var task in madeUp)
        {
            await FluentActions.Awaiting(() => task).Should().ThrowAsync<ServerException>();
        }
    }

    [Fact] // FA-1
    public async Task FA_1_A_token_that_is_too_long_is_unknown_and_neither_kept_nor_sent()
    {
        var tokens = Create();
        var error = (await FluentActions.Awaiting(() => tokens.ResolveAsync(new string('x', 4097), default).AsTask())
            .Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Message, error.Limit).Should().Be((FailureKind.UnknownToken, "ACL not found", "acl.token"));
        tokens.Remember(new string('x', 4097), [WriteWeb]);
        (tokens.Count, _servers.Looks).Should().Be((0, 0));
    }

    [Fact] // FA-1: what is known of tokens is bounded in bytes, and goes by its age
    public async Task FA_1_What_is_known_of_tokens_is_bounded_in_bytes()
    {
        var tokens = Create();
        for (var i = 0; i < 40; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            var token = "token-" + i;
            _servers.Grant(token, WriteWeb);
            var rights = await tokens.ResolveAsync(token, default);
            for (var j = 0; j < 20; j++)
            {
                await rights.AllowsAsync(new AccessRequest(AclResource.Node, new string('n', 16 * 1024) + j, AclAccess.Read), default);
            }
        }

        tokens.Bytes.Should().BePositive().And.BeLessThanOrEqualTo(RemoteTokens.MostBytes);
        var looks = _servers.Looks;
        await tokens.ResolveAsync("token-39", default);
        _servers.Looks.Should().Be(looks, "the newest is held still");
    }

    [Fact] // FA-11, ACL-RES-8: what is open is for reading
    public async Task FA_11_Servers_without_ACLs_open_no_writes_at_the_agent_itself()
    {
        var tokens = Create();
        _recovery.Use("recover");
        _servers.Failure = new ServerException(FailureKind.AclDisabled, "ACL support disabled");
        var rights = await tokens.ResolveAsync(Token, default);
        (rights.ServiceWrite("web"), rights.AgentRead("node1"), rights.AgentWrite("node1"), rights.Snapshot()).Should().Be((true, true, false, false));
        tokens.AclsAreOpen.Should().BeTrue();
        (await tokens.ResolveAsync("recover", default)).AgentWrite("node1").Should().BeTrue("it is the agent's own");
        _clock.Advance(TimeSpan.FromSeconds(120));
        tokens.AclsAreOpen.Should().BeFalse();
    }

    private static async Task<bool> AllowsAsync(RemoteTokens tokens, AccessRequest question, string token = Token) =>
        await (await tokens.ResolveAsync(token, default)).AllowsAsync(question, default);

    private static async Task RefusesAsync(RemoteTokens tokens, string token) =>
        (await FluentActions.Awaiting(() => tokens.ResolveAsync(token, default).AsTask()).Should().ThrowAsync<ServerException>())
            .WithMessage("ACL not found").Which.Kind.Should().Be(FailureKind.UnknownToken);

    private RemoteTokens Create(DownPolicy policy = DownPolicy.ExtendCache, bool defaultAllow = false) => new(
        _servers,
        new RemoteTokenOptions { Enabled = true, DefaultAllow = defaultAllow, DownPolicy = policy, Ttl = Ttl },
        _recovery,
        new RemoteTokenMetrics(_services.GetRequiredService<IMeterFactory>(), _clock),
        _clock,
        NullLogger<RemoteTokens>.Instance);
}
