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

namespace ConnectAgent.Tests.Agent;

/// <summary>acl section 8: tokens of remote servers, on a manual clock.</summary>
public sealed class RemoteTokensTests : IDisposable
{
    private const string Token = "aaaa";
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);
    private static readonly AccessRequest WriteWeb = new(AclResource.Service, "web", AclAccess.Write);
    private static readonly AccessRequest ReadWebIntentions = new(AclResource.Intention, "web", AclAccess.Read);
    private static readonly AccessRequest ReadAcl = new(AclResource.Acl, string.Empty, AclAccess.Read);

    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedAuthority _servers = new();
    private readonly RecoveryToken _recovery = new("node1");
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public RemoteTokensTests() => _servers.Grant(Token, WriteWeb, ReadWebIntentions);

    public void Dispose() => _services.Dispose();

    [Fact] // ACL-RES-2: one look and one call for a service's two questions serve all of a time
    public async Task What_is_known_is_reused_for_its_time()
    {
        var tokens = Create();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        (await AllowsAsync(tokens, ReadWebIntentions)).Should().BeTrue();
        _clock.Advance(Ttl - TimeSpan.FromTicks(1));
        var rights = await tokens.ResolveAsync(Token, default);
        (_servers.Looks, _servers.Asked.Count).Should().Be((1, 1));
        _clock.Advance(TimeSpan.FromTicks(1));
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(rights, "nothing about it has changed");
        (_servers.Looks, _servers.Asked.Count).Should().Be((2, 2));
        _servers.Asked.Last().Should().BeEquivalentTo([WriteWeb, ReadWebIntentions], "all that was asked is asked again at once");
    }

    [Fact] // ACL-RES-6
    public async Task All_who_ask_at_once_make_one_call()
    {
        var tokens = Create();
        var gate = _servers.Hold();
        var asks = Enumerable.Range(0, 50).Select(_ => tokens.ResolveAsync(Token, default).AsTask()).ToList();
        await _servers.HeldAsync();
        gate.SetResult();
        await Task.WhenAll(asks);
        _servers.Looks.Should().Be(1);
    }

    [Fact] // ACL-RES-6: a caller who leaves takes nobody along
    public async Task A_caller_that_leaves_ends_nobody_elses_resolution()
    {
        var tokens = Create();
        var gate = _servers.Hold();
        using var caller = new CancellationTokenSource();
        var left = tokens.ResolveAsync(Token, caller.Token).AsTask();
        var stays = tokens.ResolveAsync(Token, default).AsTask();
        await _servers.HeldAsync();
        await caller.CancelAsync();
        await left.Invoking(async task => await task).Should().ThrowAsync<OperationCanceledException>();
        gate.SetResult();
        (await stays).Should().NotBeNull();
    }

    [Fact] // ACL-AUZ-1: what a list of instances needs is asked at once
    public async Task Many_questions_are_one_call_and_only_the_unknown_ones_are_asked()
    {
        var tokens = Create();
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        var rights = await tokens.ResolveAsync(Token, default);
        (await rights.AllowsEachAsync([WriteWeb, ReadAcl, ReadWebIntentions, WriteWeb], default)).Should().Equal(true, false, true, true);
        (await rights.AllowsEachAsync([ReadAcl, WriteWeb], default)).Should().Equal(false, true);
        (await rights.AllowsEachAsync([], default)).Should().BeEmpty();
        _servers.Asked.Skip(1).Should().ContainSingle().Which.Should().BeEquivalentTo([WriteWeb, ReadWebIntentions]);

        // Then: nobody can be asked
        _servers.Failure = new ServerException(FailureKind.Unreachable, "away");
        var unseen = new AccessRequest(AclResource.Node, "n1", AclAccess.Read);
        (await rights.AllowsEachAsync([WriteWeb, unseen], default)).Should().Equal([true, false], "what is known holds, what is not is denied (ACL-RES-4)");
    }

    [Fact] // ACL-RES-5: a server that lags does not know the newest token
    public async Task One_denial_is_no_proof()
    {
        var tokens = Create();
        _servers.LaggingDenials = 1;
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _servers.LaggingAnswers = 2;
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _servers.LaggingAnswers = 0;
        _servers.LookedConsistently.Should().Be(3, "each denial was taken to the leader");
    }

    [Fact] // servers that go on disagreeing prove nothing either: what was known stays
    public async Task Servers_that_disagree_take_nothing_away()
    {
        var tokens = Create();
        var rights = await tokens.ResolveAsync(Token, default);
        (await rights.AllowsAsync(WriteWeb, default)).Should().BeTrue();
        _clock.Advance(Ttl);
        _servers.LaggingAnswers = int.MaxValue;
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(rights);
        (await rights.AllowsAsync(WriteWeb, default)).Should().BeTrue();
        (await rights.AllowsAsync(ReadAcl, default)).Should().BeFalse("it was never asked, and the default policy denies");
    }

    [Fact] // ACL-ERR-3, ACL-RES-5: for a second at most
    public async Task A_token_that_is_made_after_a_miss_is_found_a_second_later()
    {
        var tokens = Create();
        await RefusesAsync(tokens, "new");
        await RefusesAsync(tokens, "new");
        _servers.Looks.Should().Be(2, "the first denial was taken to the leader, the second read was told from memory");
        _servers.Grant("new", WriteWeb);
        _clock.Advance(TimeSpan.FromSeconds(1));
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
        var tokens = Create(Enum.Parse<DownPolicy>(policy), defaultAllow);
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        for (var round = 0; round < 3; round++)
        {
            _clock.Advance(Ttl + TimeSpan.FromSeconds(5));
            (await AllowsAsync(tokens, WriteWeb)).Should().Be(seenMay, "round {0}", round);
            (await AllowsAsync(tokens, WriteWeb, "never seen")).Should().Be(unseenMay, "round {0}; a failure is not kept as \"no such token\"", round);
            (await AllowsAsync(tokens, ReadAcl, "never seen")).Should().BeFalse();
        }

        _servers.Failure = null;
        _clock.Advance(Ttl + TimeSpan.FromSeconds(5));
        await EventuallyAsync(async () => await AllowsAsync(tokens, WriteWeb));

        // A look that was under way (async-cache) may fail now only, and for two seconds after that nobody is asked.
        await EventuallyAsync(async () =>
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            return !await ResolvesAsync(tokens, "never seen");
        });
        await RefusesAsync(tokens, "never seen");
    }

    [Fact] // nobody waits for servers that were away a moment ago
    public async Task Servers_that_are_away_are_asked_every_two_seconds()
    {
        var tokens = Create();
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        for (var i = 0; i < 20; i++)
        {
            await tokens.ResolveAsync("t" + i, default);
        }

        _servers.Looks.Should().Be(1);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await tokens.ResolveAsync("again", default);
        _servers.Looks.Should().Be(2);
    }

    [Fact] // ACL-RES-3: one stale answer, then the truth
    public async Task Async_cache_answers_once_more_and_finds_out_behind_the_callers_back()
    {
        var tokens = Create(DownPolicy.AsyncCache);
        var rights = await tokens.ResolveAsync(Token, default);
        _servers.Revoke(Token);
        _clock.Advance(Ttl);
        var changed = tokens.RightsChangedAsync(default);
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(rights);
        await changed.WaitAsync(AgentFixture.Patience);
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-7: whatever is cached
    public async Task A_token_ends_at_its_time_although_the_servers_are_away()
    {
        _servers.Expire(Token, _clock.GetUtcNow() + TimeSpan.FromSeconds(10));
        var tokens = Create();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        _clock.Advance(TimeSpan.FromSeconds(10));
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-6: within the time, for who only waits
    public async Task A_round_makes_all_that_is_known_due()
    {
        var tokens = Create();
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        var began = _clock.GetTimestamp();
        var changed = tokens.RightsChangedAsync(default);
        _servers.Revoke(Token);
        _clock.Advance(Ttl * 0.9);
        (await changed.WaitAsync(AgentFixture.Patience)).Should().Be(began, "since then it may have been out of date");
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-3
    public async Task Who_finds_other_rights_tells_who_waits_for_them()
    {
        var tokens = Create();
        var before = await tokens.ResolveAsync(Token, default);
        (await before.AllowsAsync(WriteWeb, default)).Should().BeTrue();
        var changed = tokens.RightsChangedAsync(default);
        _servers.Grant(Token, ReadWebIntentions);
        _clock.Advance(Ttl * 0.5);
        changed.IsCompleted.Should().BeFalse();
        _clock.Advance(Ttl * 0.3);
        _ = tokens.RightsChangedAsync(default);
        (await tokens.ResolveAsync(Token, default)).Should().BeSameAs(before, "its time is not over");
        _clock.Advance(Ttl * 0.2);
        var after = await tokens.ResolveAsync(Token, default);
        after.Should().NotBeSameAs(before);
        (await after.AllowsAsync(WriteWeb, default)).Should().BeFalse();
        await changed.WaitAsync(AgentFixture.Patience);
    }

    [Fact] // ACL-RES-8
    public async Task Servers_without_ACLs_turn_them_off_for_two_minutes()
    {
        var tokens = Create();
        _servers.Failure = new ServerException(FailureKind.AclDisabled, "ACL support disabled");
        (await tokens.ResolveAsync(Token, default)).ServiceWrite("db").Should().BeTrue();
        _servers.Failure = null;
        _clock.Advance(TimeSpan.FromSeconds(119));
        (await tokens.ResolveAsync("unknown", default)).ServiceWrite("db").Should().BeTrue();
        _clock.Advance(TimeSpan.FromSeconds(1));
        await RefusesAsync(tokens, "unknown");
    }

    [Fact] // ACL-RES-8: what is allowed because servers have no ACLs, no other life of the agent takes for allowed
    public async Task While_servers_have_no_ACLs_only_tokens_that_they_knew_are_vouched_for()
    {
        var tokens = Create();
        await tokens.ResolveAsync(Token, default);
        (tokens.Vouches(Token), tokens.Vouches("unknown"), tokens.Vouches(string.Empty)).Should().Be((true, true, true), "the servers are asked");
        tokens.TurnOff();
        (await tokens.ResolveAsync("unknown", default)).ServiceWrite("db").Should().BeTrue();
        (tokens.Vouches(Token), tokens.Vouches("unknown"), tokens.Vouches(string.Empty)).Should().Be((true, false, false));
    }

    [Fact] // ACL-AGT-5, ACL-REQ-4
    public async Task The_recovery_token_needs_no_server_and_a_root_name_is_none()
    {
        var tokens = Create();
        _recovery.Use("recover");
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        var rights = await tokens.ResolveAsync("recover", default);
        (rights.AgentWrite("node1"), rights.AgentWrite("node2"), rights.NodeRead("any"), rights.ServiceRead("web")).Should().Be((true, false, true, false));
        _servers.Looks.Should().Be(0);
        var root = () => tokens.ResolveAsync("manage", default).AsTask();
        (await root.Should().ThrowAsync<ServerException>()).WithMessage("Cannot resolve root ACL");
    }

    [Fact] // a restart while the servers are unreachable: what was sealed under a token, it was allowed
    public async Task What_a_former_life_was_allowed_is_the_last_that_is_known()
    {
        var tokens = Create();
        tokens.Remember(Token, [WriteWeb]);
        _servers.Failure = new ServerException(FailureKind.Unreachable, "No known Consul servers");
        (await AllowsAsync(tokens, WriteWeb)).Should().BeTrue();
        (await AllowsAsync(tokens, ReadAcl)).Should().BeFalse();
        _servers.Failure = null;
        _servers.Revoke(Token);
        _clock.Advance(Ttl);
        await RefusesAsync(tokens, Token);
    }

    [Fact] // ACL-SEC-9: whatever anybody makes up
    public async Task Made_up_tokens_stay_bounded_and_push_out_no_known_one()
    {
        var tokens = Create();
        await tokens.ResolveAsync(Token, default);
        for (var i = 0; i < 3 * RemoteTokens.Most; i++)
        {
            await RefusesAsync(tokens, "made-up-" + i);
        }

        tokens.Count.Should().BeLessThanOrEqualTo(RemoteTokens.Most);
        var looks = _servers.Looks;
        await tokens.ResolveAsync(Token, default);
        _servers.Looks.Should().Be(looks, "it is held still");
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

    private static async Task<bool> AllowsAsync(RemoteTokens tokens, AccessRequest question, string token = Token) =>
        await (await tokens.ResolveAsync(token, default)).AllowsAsync(question, default);

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
