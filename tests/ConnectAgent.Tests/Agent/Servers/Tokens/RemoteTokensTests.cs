using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.Agent.Servers.Tokens.RemoteTokensFixture;

namespace ConnectAgent.Tests.Agent.Servers.Tokens;

/// <summary>acl section 8: tokens of remote servers, on a manual clock.</summary>
public sealed class RemoteTokensTests : IDisposable
{
    private readonly RemoteTokensFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact] // ACL-RES-2: one look and one call for a service's two questions serve all of a time
    public async Task What_is_known_is_reused_for_its_time()
    {
        var tokens = _fixture.Create();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        (await AllowsAsync(tokens, ReadWebIntentions)).Should().BeTrue();
        _fixture.Clock.Advance(Ttl - TimeSpan.FromTicks(1));
        var rights = await tokens.ResolveAsync(Token, default);
        (_fixture.Servers.Looks, _fixture.Servers.Asked.Count).Should().Be((1, 1));
        _fixture.Clock.Advance(TimeSpan.FromTicks(1));
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(rights, "nothing about it has changed");
        (_fixture.Servers.Looks, _fixture.Servers.Asked.Count).Should().Be((2, 2));
        _fixture.Servers.Asked.Last().Should().BeEquivalentTo([WriteWeb, ReadWebIntentions], "all that was asked is asked again at once");
    }

    [Fact] // ACL-RES-6
    public async Task All_who_ask_at_once_make_one_call()
    {
        var tokens = _fixture.Create();
        var gate = _fixture.Servers.Hold();
        var asks = Enumerable.Range(0, 50).Select(_ => tokens.ResolveAsync(Token, default).AsTask()).ToList();
        await _fixture.Servers.HeldAsync();
        gate.SetResult();
        await Task.WhenAll(asks);
        _fixture.Servers.Looks.Should().Be(1);
    }

    [Fact] // ACL-RES-6: a caller who leaves takes nobody along
    public async Task A_caller_that_leaves_ends_nobody_elses_resolution()
    {
        var tokens = _fixture.Create();
        var gate = _fixture.Servers.Hold();
        using var caller = new CancellationTokenSource();
        var left = tokens.ResolveAsync(Token, caller.Token).AsTask();
        var stays = tokens.ResolveAsync(Token, default).AsTask();
        await _fixture.Servers.HeldAsync();
        await caller.CancelAsync();
        await left.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        gate.SetResult();
        (await stays).Should().NotBeNull();
    }

    [Fact] // ACL-AUZ-1: what a list of instances needs is asked at once
    public async Task Many_questions_are_one_call_and_only_the_unknown_ones_are_asked()
    {
        var tokens = _fixture.Create();
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        var rights = await tokens.ResolveAsync(Token, default);
        (await rights.AllowsEachAsync([WriteWeb, ReadAcl, ReadWebIntentions, WriteWeb], default)).Should().Equal(true, false, true, true);
        (await rights.AllowsEachAsync([ReadAcl, WriteWeb], default)).Should().Equal(false, true);
        (await rights.AllowsEachAsync([], default)).Should().BeEmpty();
        _fixture.Servers.Asked.Skip(1).Should().ContainSingle().Which.Should().BeEquivalentTo([WriteWeb, ReadWebIntentions]);

        // Then: nobody can be asked
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "unreachable");
        var unseen = new AccessRequest(AclResource.Node, "n1", AclAccess.Read);
        (await rights.AllowsEachAsync([WriteWeb, unseen], default)).Should().Equal([true, false], "what is known holds, what is not is denied (ACL-RES-4)");
    }

    [Fact] // ACL-RES-5: a server that lags does not know the newest token
    public async Task One_denial_is_no_proof()
    {
        var tokens = _fixture.Create();
        _fixture.Servers.LaggingDenials = 1;
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _fixture.Servers.LaggingAnswers = 2;
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _fixture.Servers.LaggingAnswers = 0;
        _fixture.Servers.LookedConsistently.Should().Be(3, "each denial was taken to the leader");
    }

    [Fact] // servers that go on disagreeing prove nothing either: what was known stays
    public async Task Servers_that_disagree_take_nothing_away()
    {
        var tokens = _fixture.Create();
        var rights = await tokens.ResolveAsync(Token, default);
        (await rights.AllowsAsync(WriteWeb, default)).Should().BeTrue();
        _fixture.Clock.Advance(Ttl);
        _fixture.Servers.LaggingAnswers = int.MaxValue;
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(rights);
        (await rights.AllowsAsync(WriteWeb, default)).Should().BeTrue();
        (await rights.AllowsAsync(ReadAcl, default)).Should().BeFalse("it was never asked, and the default policy denies");
    }

    [Fact] // ACL-ERR-3, ACL-RES-5: for a second at most
    public async Task A_token_that_is_made_after_a_miss_is_found_a_second_later()
    {
        var tokens = _fixture.Create();
        await RefusesAsync(tokens, "new");
        await RefusesAsync(tokens, "new");
        _fixture.Servers.Looks.Should().Be(2, "the first denial was taken to the leader, the second read was told from memory");
        _fixture.Servers.Grant("new", WriteWeb);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        (await AllowsAsync(tokens, WriteWeb, "new")).Should().BeTrue();
    }

    [Theory] // ACL-RES-4, its whole table: a token resolved before, and one never seen
    [InlineData("ExtendCache", true, true, true)]
    [InlineData("ExtendCache", false, true, false)]
    [InlineData("AsyncCache", true, true, true)]
    [InlineData("AsyncCache", false, true, false)]
    [InlineData("Deny", true, false, false)]
    [InlineData("Deny", false, false, false)]
    [InlineData("Allow", true, true, true)]
    [InlineData("Allow", false, true, true)]
    public async Task With_the_servers_away_the_down_policy_decides(string policy, bool defaultAllow, bool seenMay, bool unseenMay)
    {
        var tokens = _fixture.Create(Enum.Parse<DownPolicy>(policy), defaultAllow);
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        for (var round = 0; round < 3; round++)
        {
            _fixture.Clock.Advance(Ttl + TimeSpan.FromSeconds(5));
            (await AllowsAsync(tokens, WriteWeb)).Should().Be(seenMay, "round {0}", round);
            (await AllowsAsync(tokens, WriteWeb, "never seen")).Should().Be(unseenMay, "round {0}; a failure is not kept as \"no such token\"", round);
            (await AllowsAsync(tokens, ReadAcl, "never seen")).Should().BeFalse();
        }

        _fixture.Servers.Failure = null;
        _fixture.Clock.Advance(Ttl + TimeSpan.FromSeconds(5));
        await EventuallyAsync(async () => await AllowsAsync(tokens, WriteWeb));

        if (policy == "AsyncCache")
        {
            // A look that was under way may fail now only, and for two seconds after that nobody is asked.
            await EventuallyAsync(async () =>
            {
                _fixture.Clock.Advance(TimeSpan.FromSeconds(2));
                return !await ResolvesAsync(tokens, "never seen");
            });
        }

        await RefusesAsync(tokens, "never seen");
    }

    [Fact] // nobody waits for servers that were away a moment ago
    public async Task Servers_that_are_away_are_asked_every_two_seconds()
    {
        var tokens = _fixture.Create();
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        for (var i = 0; i < 20; i++)
        {
            await tokens.ResolveAsync("t" + i, default);
        }

        _fixture.Servers.Looks.Should().Be(1);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        await tokens.ResolveAsync("again", default);
        _fixture.Servers.Looks.Should().Be(2);
    }

    [Fact] // ACL-RES-3: one stale answer, then the truth
    public async Task Async_cache_answers_once_more_and_finds_out_behind_the_callers_back()
    {
        var tokens = _fixture.Create(DownPolicy.AsyncCache);
        var rights = await tokens.ResolveAsync(Token, default);
        _fixture.Servers.Revoke(Token);
        _fixture.Clock.Advance(Ttl);
        var changed = tokens.RightsChangedAsync(default);
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(rights);
        await changed.WaitAsync(AgentFixture.Patience);
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-7: whatever is cached
    public async Task A_token_ends_at_its_time_although_the_servers_are_away()
    {
        _fixture.Servers.Expire(Token, _fixture.Clock.GetUtcNow() + TimeSpan.FromSeconds(10));
        var tokens = _fixture.Create();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-6: within the time, for who only waits
    public async Task A_round_makes_all_that_is_known_due()
    {
        var tokens = _fixture.Create();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        var began = _fixture.Clock.GetTimestamp();
        var changed = tokens.RightsChangedAsync(default);
        _fixture.Servers.Revoke(Token);
        _fixture.Clock.Advance(Ttl * 0.9);
        (await changed.WaitAsync(AgentFixture.Patience)).Should().Be(began, "since then it may have been out of date");
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-3
    public async Task Who_finds_other_rights_tells_who_waits_for_them()
    {
        var tokens = _fixture.Create();
        var before = await tokens.ResolveAsync(Token, default);
        (await before.AllowsAsync(WriteWeb, default)).Should().BeTrue();
        var changed = tokens.RightsChangedAsync(default);
        _fixture.Servers.Grant(Token, ReadWebIntentions);
        _fixture.Clock.Advance(Ttl * 0.5);
        changed.IsCompleted.Should().BeFalse();
        _fixture.Clock.Advance(Ttl * 0.3);
        _ = tokens.RightsChangedAsync(default);
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(before, "its time is not over");
        _fixture.Clock.Advance(Ttl * 0.2);
        var after = await tokens.ResolveAsync(Token, default);
        after.Should().NotBeSameAs(before);
        (await after.AllowsAsync(WriteWeb, default)).Should().BeFalse();
        await changed.WaitAsync(AgentFixture.Patience);
    }

    [Fact] // ACL-RES-8
    public async Task Servers_without_ACLs_turn_them_off_for_two_minutes()
    {
        var tokens = _fixture.Create();
        _fixture.Servers.Failure = new ServerException(FailureKind.AclDisabled, "ACL support disabled");
        (await tokens.ResolveAsync(Token, default)).ServiceWrite("db").Should().BeTrue();
        _fixture.Servers.Failure = null;
        _fixture.Clock.Advance(TimeSpan.FromSeconds(119));
        (await tokens.ResolveAsync("unknown", default)).ServiceWrite("db").Should().BeTrue();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await RefusesAsync(tokens, "unknown");
    }

    [Fact] // ACL-RES-8: what is allowed because servers have no ACLs, no other life of the agent takes for allowed
    public async Task While_servers_have_no_ACLs_only_tokens_that_they_knew_are_vouched_for()
    {
        var tokens = _fixture.Create();
        await tokens.ResolveAsync(Token, default);
        (tokens.Vouches(Token), tokens.Vouches("unknown"), tokens.Vouches(string.Empty)).Should().Be((true, true, true), "the servers are asked");
        tokens.TurnOff();
        (await tokens.ResolveAsync("unknown", default)).ServiceWrite("db").Should().BeTrue();
        (tokens.Vouches(Token), tokens.Vouches("unknown"), tokens.Vouches(string.Empty)).Should().Be((true, false, false));
    }

    [Fact] // ACL-AGT-5, ACL-REQ-4
    public async Task The_recovery_token_needs_no_server_and_a_root_name_is_none()
    {
        var tokens = _fixture.Create();
        _fixture.Recovery.Use("recover");
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        var rights = await tokens.ResolveAsync("recover", default);
        (rights.AgentWrite("node1"), rights.AgentWrite("node2"), rights.NodeRead("any"), rights.ServiceRead("web")).Should().Be((true, false, true, false));
        _fixture.Servers.Looks.Should().Be(0);
        var root = () => tokens.ResolveAsync("manage", default).AsTask();
        (await root.Should().ThrowAsync<ServerException>()).WithMessage("Cannot resolve root ACL");
    }

    [Fact] // a restart while the servers are unreachable: what was sealed under a token, it was allowed
    public async Task What_a_former_life_was_allowed_is_the_last_that_is_known()
    {
        var tokens = _fixture.Create();
        tokens.Remember(Token, [WriteWeb]);
        _fixture.Servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _fixture.Servers.Failure = null;
        _fixture.Servers.Revoke(Token);
        _fixture.Clock.Advance(Ttl);
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-9: whatever anybody makes up
    public async Task Made_up_tokens_stay_bounded_and_push_out_no_known_one()
    {
        var tokens = _fixture.Create();
        await tokens.ResolveAsync(Token, default);
        for (var i = 0; i < 3 * RemoteTokens.Most; i++)
        {
            await RefusesAsync(tokens, "made-up-" + i);
        }

        tokens.Count.Should().BeLessThanOrEqualTo(RemoteTokens.Most);
        var looks = _fixture.Servers.Looks;
        await tokens.ResolveAsync(Token, default);
        _fixture.Servers.Looks.Should().Be(looks, "it is held still");
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(AgentFixture.Patience);
        while (!await holds())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static async Task<bool> ResolvesAsync(RemoteTokens tokens, string token)
    {
        try
        {
            await tokens.ResolveAsync(token, default);
            return true;
        }
        catch (ServerException)
        {
            return false;
        }
    }
}
