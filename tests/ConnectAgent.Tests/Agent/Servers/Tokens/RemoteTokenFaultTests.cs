using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.Agent.Servers.Tokens.RemoteTokensFixture;

namespace ConnectAgent.Tests.Agent.Servers.Tokens;

/// <summary>Faults of the resolution of remote tokens that were found in the running product: what is right is here.</summary>
public sealed class RemoteTokenFaultTests : IDisposable
{
    private readonly RemoteTokensFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact] // FA-15: with a call that ends before anybody can look, the order is certain
    public async Task FA_15_An_answer_of_the_down_policy_is_for_who_asked_then_and_nobody_after()
    {
        var tokens = _fixture.Create(DownPolicy.Allow);
        var rights = await tokens.ResolveAsync(Token, default);
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        for (var i = 0; i < 200; i++)
        {
            var unseen = new AccessRequest(AclResource.Node, "n" + i, AclAccess.Read);
            (await rights.AllowsAsync(unseen, default)).Should().BeTrue("the servers are unreachable");
        }

        _fixture.Servers.Failure = null;
        _fixture.Clock.Advance(TimeSpan.FromSeconds(2));
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
        var tokens = _fixture.Create(DownPolicy.Deny);
        var odd = new ServerException(FailureKind.Unreachable, "Unexpected response code: 500") { IsOfThisCall = true };
        _fixture.Servers.Grant("other", ReadNode);

        // When, then
        _fixture.Servers.Failure = odd;
        (await AllowsAsync(tokens, WriteWeb, "odd")).Should().BeFalse();
        _fixture.Servers.Failure = null;
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue("the servers are asked");
        _fixture.Servers.Failure = odd;
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _fixture.Servers.Failure = null;
        (await AllowsAsync(tokens, ReadNode, "other")).Should().BeTrue("the servers are asked");

        // While nobody is there, nobody waits for that once more.
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "connection refused");
        (await AllowsAsync(tokens, WriteWeb, "third")).Should().BeFalse();
        var looks = _fixture.Servers.Looks;
        (await AllowsAsync(tokens, WriteWeb, "fourth")).Should().BeFalse();
        _fixture.Servers.Looks.Should().Be(looks);
    }

    [Fact] // FA-17
    public async Task FA_17_What_is_restored_never_overrides_an_answer()
    {
        // Given
        var tokens = _fixture.Create();
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");

        // When
        tokens.Remember(Token, [ReadAcl]);
        tokens.Remember(Token, [WriteWeb, ReadNode]);

        // Then
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _fixture.Clock.Advance(Ttl);
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        (await AllowsAsync(tokens, ReadNode)).Should().BeFalse("the servers have answered for this token in this life");
    }

    [Fact] // FA-17: no such token is an answer, too
    public async Task FA_17_What_is_restored_brings_no_unknown_token_back()
    {
        var tokens = _fixture.Create();
        await RefusesAsync(tokens, "gone");
        tokens.Remember("gone", [WriteWeb]);
        await RefusesAsync(tokens, "gone");
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        _fixture.Clock.Advance(Ttl);
        (await AllowsAsync(tokens, WriteWeb, "gone")).Should().BeFalse();
    }

    [Fact] // FA-14: made-up tokens are looked up a few at a time, and one that is known waits for none of them
    public async Task FA_14_A_flood_of_made_up_tokens_is_spread()
    {
        // Given
        var tokens = _fixture.Create();
        await tokens.ResolveAsync(Token, default);
        _fixture.Clock.Advance(Ttl);
        var gate = _fixture.Servers.Hold();
        var before = _fixture.Servers.Looks;

        // When
        var madeUp = Enumerable.Range(0, 100).Select(i => tokens.ResolveAsync("made-up-" + i, default).AsTask()).ToList();
        var known = tokens.ResolveAsync(Token, default).AsTask();
        await _fixture.Servers.LookedForAsync(Token);

        // Then
        (_fixture.Servers.Looks - before).Should().BeLessThanOrEqualTo(8 + 1);
        gate.SetResult();
        await known;
        foreach (var refused in madeUp)
        {
            (await FluentActions.Awaiting(() => refused).Should().ThrowAsync<ServerException>()).WithMessage("ACL not found");
        }

        _fixture.Servers.MostAtOnce.Should().BeLessThanOrEqualTo(8 + 1);
    }

    [Fact] // FA-14: what waits is bounded; who is refused is not told that he is unknown, and no down policy speaks for him
    public async Task FA_14_Beyond_the_queue_a_look_is_refused()
    {
        var tokens = _fixture.Create(DownPolicy.Allow);
        var gate = _fixture.Servers.Hold();
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
        var tokens = _fixture.Create();
        var error = (await FluentActions.Awaiting(() => tokens.ResolveAsync(new string('x', 4097), default).AsTask())
            .Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Message, error.Limit).Should().Be((FailureKind.UnknownToken, "ACL not found", "acl.token"));
        tokens.Remember(new string('x', 4097), [WriteWeb]);
        (tokens.Count, _fixture.Servers.Looks).Should().Be((0, 0));
    }

    [Fact] // FA-1: what is known of tokens is bounded in bytes, and goes by its age
    public async Task FA_1_What_is_known_of_tokens_is_bounded_in_bytes()
    {
        var tokens = _fixture.Create();
        for (var i = 0; i < 40; i++)
        {
            _fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
            var token = "token-" + i;
            _fixture.Servers.Grant(token, WriteWeb);
            var rights = await tokens.ResolveAsync(token, default);
            for (var j = 0; j < 20; j++)
            {
                await rights.AllowsAsync(new AccessRequest(AclResource.Node, new string('n', 16 * 1024) + j, AclAccess.Read), default);
            }
        }

        tokens.Bytes.Should().BePositive().And.BeLessThanOrEqualTo(RemoteTokens.MostBytes);
        var looks = _fixture.Servers.Looks;
        await tokens.ResolveAsync("token-39", default);
        _fixture.Servers.Looks.Should().Be(looks, "the newest is held still");
    }

    [Fact] // FA-11, ACL-RES-8: what is open is for reading
    public async Task FA_11_Servers_without_ACLs_open_no_writes_at_the_agent_itself()
    {
        var tokens = _fixture.Create();
        _fixture.Recovery.Use("recover");
        _fixture.Servers.Failure = new ServerException(FailureKind.AclDisabled, "ACL support disabled");
        var rights = await tokens.ResolveAsync(Token, default);
        (rights.ServiceWrite("web"), rights.AgentRead("node1"), rights.AgentWrite("node1"), rights.Snapshot()).Should().Be((true, true, false, false));
        tokens.AclsAreOpen.Should().BeTrue();
        (await tokens.ResolveAsync("recover", default)).AgentWrite("node1").Should().BeTrue("it is the agent's own");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(120));
        tokens.AclsAreOpen.Should().BeFalse();
    }
}
