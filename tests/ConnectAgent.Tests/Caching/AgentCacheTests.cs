using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>The engine's rules on a manual clock, without a single sleep (agent-cache sections 2 to 5 and 12).</summary>
public sealed class AgentCacheTests : IDisposable
{
    private readonly AgentFixture _agent = new();

    public void Dispose() => _agent.Dispose();

    [Fact] // CACHE-39, CACHE-27
    public async Task The_first_read_misses_and_the_second_hits()
    {
        (await _agent.RootsAsync()).Hit.Should().BeFalse();
        var second = await _agent.RootsAsync();
        second.Hit.Should().BeTrue();
        second.Age.Should().Be(TimeSpan.Zero);
    }

    [Fact] // section 12, test 1; CACHE-12
    public async Task A_hundred_first_reads_share_one_fetch()
    {
        var answer = new TaskCompletionSource<ServerRead<CaRoots>>();
        _agent.Servers.NextRoots(_ => answer.Task);
        var reads = Enumerable.Range(0, 100).Select(_ => _agent.RootsAsync()).ToList();
        answer.SetResult(_agent.Servers.RootsAt(70));
        var answers = await Task.WhenAll(reads).WaitAsync(AgentFixture.Patience);
        answers.Should().OnlyContain(read => !read.Hit && read.Index == 70);
        _agent.Servers.RootReads.Should().BeLessThanOrEqualTo(2, "one fetch, and the background query behind it");
    }

    [Fact] // section 12, test 2
    public async Task A_caller_that_leaves_does_not_cancel_the_fetch_of_the_others()
    {
        var answer = new TaskCompletionSource<ServerRead<CaRoots>>();
        var fetching = new TaskCompletionSource();
        _agent.Servers.NextRoots(async cancelled =>
        {
            fetching.SetResult();
            return await answer.Task.WaitAsync(cancelled);
        });
        using var leaving = new CancellationTokenSource();
        var left = _agent.RootsAsync(cancellationToken: leaving.Token);
        await fetching.Task.WaitAsync(AgentFixture.Patience);
        var stays = _agent.RootsAsync();
        await leaving.CancelAsync();
        await ((Func<Task>)(() => left)).Should().ThrowAsync<OperationCanceledException>();
        answer.SetResult(_agent.Servers.RootsAt(70));
        (await stays.WaitAsync(AgentFixture.Patience)).Index.Should().Be(70);
    }

    [Fact] // section 12, test 3; CACHE-2
    public async Task Two_tokens_never_share_an_entry()
    {
        await _agent.RootsAsync(token: "a");
        (await _agent.RootsAsync(token: "b")).Hit.Should().BeFalse();
        (await _agent.RootsAsync(token: "a")).Hit.Should().BeTrue();
        (await _agent.RootsAsync(token: "a/connect-ca-root@dc1")).Hit.Should().BeFalse("a token cannot spell another's key");
    }

    [Fact] // CACHE-10, CACHE-39
    public async Task A_blocked_reader_wakes_on_a_change_and_is_a_miss()
    {
        var first = await _agent.RootsAsync();
        var blocked = _agent.RootsAsync(first.Index);
        blocked.IsCompleted.Should().BeFalse();
        _agent.Servers.Rotate();
        var woken = await blocked.WaitAsync(AgentFixture.Patience);
        woken.Index.Should().BeGreaterThan(first.Index);
        woken.Hit.Should().BeFalse();
    }

    [Theory] // CACHE-11; section 12, test 11
    [InlineData(1, 1)]
    [InlineData(0, 300)]
    [InlineData(-1, 300)]
    [InlineData(5000, 600)]
    public async Task A_blocking_read_ends_exactly_at_its_limit(int waitSeconds, int expectedSeconds)
    {
        var first = await _agent.RootsAsync();
        var start = _agent.Clock.GetUtcNow();
        var blocked = _agent.RootsAsync(first.Index, TimeSpan.FromSeconds(waitSeconds));
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(expectedSeconds));
        _agent.Clock.Advance(TimeSpan.FromSeconds(expectedSeconds) - TimeSpan.FromTicks(1));
        blocked.IsCompleted.Should().BeFalse();
        _agent.Clock.Advance(TimeSpan.FromTicks(1));
        var answer = await blocked.WaitAsync(AgentFixture.Patience);
        answer.Index.Should().Be(first.Index);
        answer.Hit.Should().BeFalse();
        (_agent.Clock.GetUtcNow() - start).Should().Be(TimeSpan.FromSeconds(expectedSeconds));
    }

    [Fact] // CACHE-14; section 12, test 11
    public async Task A_first_read_waits_ten_seconds_for_its_value_whatever_its_wait_is()
    {
        _agent.Servers.NextRoots(cancelled => Task.Delay(Timeout.InfiniteTimeSpan, cancelled).ContinueWith(
            _ => _agent.Servers.RootsAt(1), cancelled, TaskContinuationOptions.None, TaskScheduler.Default));
        var read = _agent.RootsAsync(wait: TimeSpan.FromTicks(1));
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(10));
        read.IsCompleted.Should().BeFalse();
        _agent.Clock.Advance(TimeSpan.FromSeconds(10));
        await ((Func<Task>)(() => read)).Should().ThrowAsync<ServerException>().WithMessage("timed out waiting for the first value");
    }

    [Fact] // section 12, test 4; CACHE-18
    public async Task An_index_that_goes_back_wakes_who_holds_the_higher_one()
    {
        _agent.Servers.NextRoots(_ => Task.FromResult(_agent.Servers.RootsAt(50)));
        var first = await _agent.RootsAsync();
        first.Index.Should().Be(50);
        var blocked = _agent.RootsAsync(50);
        blocked.IsCompleted.Should().BeFalse();
        var restored = _agent.Get<ServerContact>().Restored;
        _agent.Servers.NextRoots(_ => Task.FromResult(_agent.Servers.RootsAt(3)));
        (await blocked.WaitAsync(AgentFixture.Patience)).Index.Should().BeLessThan(50);
        await restored.WaitAsync(AgentFixture.Patience);
    }

    [Fact] // section 12, test 5; CACHE-17
    public async Task A_server_that_answers_index_0_is_asked_no_more_often_than_the_back_off_allows()
    {
        _agent.Servers.NextRoots([.. Enumerable.Repeat<Func<CancellationToken, Task<ServerRead<CaRoots>>>>(
            _ => Task.FromResult(_agent.Servers.RootsAt(0)), 100)]);
        (await _agent.RootsAsync()).Index.Should().Be(1, "an index below 1 is stored as 1 (CACHE-16)");
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        _agent.Servers.RootReads.Should().Be(4);
        _agent.Clock.Advance(TimeSpan.FromSeconds(3));
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(6));
        _agent.Servers.RootReads.Should().Be(5);
    }

    [Fact] // section 12, test 6; CACHE-22, CACHE-24
    public async Task Failures_back_off_in_one_loop_and_one_success_starts_over()
    {
        var first = await _agent.RootsAsync();
        var before = _agent.Servers.RootReads;
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        double[] pauses = [3, 6, 12, 24, 48, 90, 90];
        foreach (var pause in pauses)
        {
            await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(pause));
            _agent.Clock.Advance(TimeSpan.FromSeconds(pause));
        }

        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(90));
        (_agent.Servers.RootReads - before).Should().Be(10, "three at once, then one after each pause; the first failure ended a held read");
        _agent.Servers.Fail(null);
        _agent.Servers.Rotate();
        _agent.Clock.Advance(TimeSpan.FromSeconds(90));
        await _agent.RootsAsync(first.Index).WaitAsync(AgentFixture.Patience);
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
    }

    [Fact] // CACHE-22, CACHE-29: what changed meanwhile must not wait for the end of a pause that only the outage was worth
    public async Task Servers_that_are_back_end_the_pause_of_what_failed_for_want_of_them()
    {
        // Given
        await _agent.RootsAsync();
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        foreach (var pause in new[] { 3.0, 6, 12 })
        {
            await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(pause));
            _agent.Clock.Advance(TimeSpan.FromSeconds(pause));
        }

        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(24));

        // When
        _agent.Servers.Fail(null);
        _agent.Servers.Rotate();
        _agent.Get<ServerContact>().IsBack();

        // Then
        await AgentFixture.EventuallyAsync(
            () => _agent.Cache.Entries.All(entry => entry.State == "fresh"), "nobody reads, and no time passes");
        (await _agent.RootsAsync()).Value.Roots.Should().HaveCount(2);
    }

    [Fact] // CACHE-22: the back-off goes on where it was if it was a false hope
    public async Task Servers_that_go_again_at_once_are_asked_once()
    {
        await _agent.RootsAsync();
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        var before = _agent.Servers.RootReads;
        _agent.Get<ServerContact>().IsBack();
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(6));
        (_agent.Servers.RootReads - before).Should().Be(1);
    }

    [Fact] // CACHE-9, CACHE-29, CACHE-27; section 12, test 7
    public async Task With_the_servers_away_plain_reads_go_on_and_blocked_ones_fail_at_once()
    {
        var first = await _agent.RootsAsync();
        var blocked = _agent.RootsAsync(first.Index);
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await ((Func<Task>)(() => blocked)).Should().ThrowAsync<ServerException>().WithMessage("No known Consul servers");
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        _agent.Clock.Advance(TimeSpan.FromSeconds(2));
        var plain = await _agent.RootsAsync();
        plain.Hit.Should().BeTrue();
        plain.Age.Should().Be(TimeSpan.FromSeconds(2));
        plain.InContact.Should().BeFalse();
        await ((Func<Task>)(() => _agent.RootsAsync(first.Index))).Should().ThrowAsync<ServerException>("a later one fails as fast");
        _agent.Servers.Fail(null);
        _agent.Servers.Rotate();
        _agent.Clock.Advance(TimeSpan.FromSeconds(120));
        var healed = await _agent.RootsAsync(first.Index).WaitAsync(AgentFixture.Patience);
        healed.Age.Should().Be(TimeSpan.Zero);
        healed.InContact.Should().BeTrue();
    }

    [Fact] // IDX-6, IDX-10: an index from before the failure may be of the future to who answers now, and be held for ten minutes
    public async Task After_a_failure_the_value_is_read_anew_whatever_its_index_was()
    {
        var first = await _agent.RootsAsync();
        await AgentFixture.EventuallyAsync(() => _agent.Servers.RootReads == 2, "the refresh holds");
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        _agent.Servers.Fail(null);
        _agent.Clock.Advance(TimeSpan.FromSeconds(3));
        await AgentFixture.EventuallyAsync(() => _agent.Cache.Entries.Single().State == "fresh", "the read answers at once although nothing changed");
        var healed = await _agent.RootsAsync();
        (healed.InContact, healed.Index, healed.Age).Should().Be((true, first.Index, TimeSpan.Zero));
    }

    [Fact] // CACHE-30; section 12, test 14
    public async Task A_failed_first_fetch_leaves_nothing_behind()
    {
        for (var i = 0; i < 100; i++)
        {
            var read = () => _agent.RootsAsync(datacenter: "nope");
            await read.Should().ThrowAsync<ServerException>().WithMessage("No path to datacenter");
        }

        _agent.Cache.Count.Should().Be(0);
        _agent.Servers.RootReads.Should().Be(100, "no background query goes on");
    }

    [Theory] // CACHE-25; section 12, test 8
    [InlineData(FailureKind.UnknownToken, "ACL not found")]
    [InlineData(FailureKind.PermissionDenied, "Permission denied")]
    public async Task A_refused_token_loses_its_value(FailureKind kind, string text)
    {
        var first = await _agent.RootsAsync(token: "t");
        var blocked = _agent.RootsAsync(first.Index, token: "t");
        _agent.Servers.Fail(new ServerException(kind, text));
        await ((Func<Task>)(() => blocked)).Should().ThrowAsync<ServerException>().WithMessage(text);
        var read = () => _agent.RootsAsync(token: "t");
        await read.Should().ThrowAsync<ServerException>().WithMessage(text);
    }

    [Fact] // CACHE-31, CACHE-32; section 12, test 9
    public async Task An_entry_goes_72_hours_after_its_last_read_and_not_after_its_last_refresh()
    {
        await _agent.RootsAsync();
        _agent.Clock.Advance(TimeSpan.FromHours(71));
        (await _agent.RootsAsync()).Hit.Should().BeTrue("the read pushed the expiry");
        for (var hour = 0; hour < 72; hour++)
        {
            _agent.Servers.Rotate();
            _agent.Clock.Advance(TimeSpan.FromHours(1));
        }

        _agent.Clock.Advance(TimeSpan.FromMinutes(2));
        (await _agent.RootsAsync()).Hit.Should().BeFalse("refreshes do not push it");
    }

    [Fact] // CACHE-30
    public async Task Over_the_bound_the_least_recently_read_goes_but_never_one_that_somebody_waits_on()
    {
        using var agent = new AgentFixture(options => options.MaxEntries = 3);
        var waitedOn = await agent.RootsAsync(token: "waited");
        agent.Clock.Advance(TimeSpan.FromSeconds(1));
        var blocked = agent.RootsAsync(waitedOn.Index, token: "waited");
        foreach (var token in new[] { "old", "young", "new" })
        {
            agent.Clock.Advance(TimeSpan.FromSeconds(1));
            await agent.RootsAsync(token: token);
        }

        agent.Cache.Count.Should().Be(3);
        blocked.IsCompleted.Should().BeFalse();
        (await agent.RootsAsync(token: "young")).Hit.Should().BeTrue();
        (await agent.RootsAsync(token: "old")).Hit.Should().BeFalse("it was read longest ago");
    }

    [Fact] // CACHE-30, CACHE-39, TOKC-4: every token has its partition, and all have one query
    public async Task A_hundred_made_up_tokens_cost_one_background_query()
    {
        var tokens = Enumerable.Range(0, 100).Select(i => $"made-up-{i}").ToList();
        foreach (var token in tokens)
        {
            (await _agent.RootsAsync(token: token)).Hit.Should().BeFalse("whether others have read it must not show");
            (await _agent.RootsAsync(token: token)).Hit.Should().BeTrue();
        }

        await AgentFixture.EventuallyAsync(() => _agent.Servers.Running == 1 && _agent.Clock.ArmedTimers == 2, "one query is held, and the sweeper waits");
        (_agent.Servers.RootReads, _agent.Cache.Count).Should().Be((2, 100));
        var blocked = tokens.Select(token => _agent.RootsAsync(10, token: token)).ToList();
        _agent.Servers.Rotate();
        (await Task.WhenAll(blocked).WaitAsync(AgentFixture.Patience)).Should().OnlyContain(read => read.Index == 11 && !read.Hit);
        await AgentFixture.EventuallyAsync(() => _agent.Servers.Running == 1 && _agent.Servers.RootReads == 3, "one query is held again");
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        _agent.Clock.Advance(TimeSpan.FromSeconds(1));
        var old = await _agent.RootsAsync(token: tokens[7]);
        (old.Hit, old.Age, old.InContact).Should().Be((true, TimeSpan.FromSeconds(1), false));
        _agent.Servers.RootReads.Should().Be(6, "the three retries of one loop");
        _agent.Clock.Advance(TimeSpan.FromHours(74));
        await AgentFixture.EventuallyAsync(
            () => _agent.Cache.Count == 0 && _agent.Servers.Running == 0 && _agent.Clock.ArmedTimers == 1, "the query ends with the last partition");
    }

    [Fact] // CACHE-30: what is refused joins nothing that would keep the query alive
    public async Task A_refused_partition_does_not_keep_the_shared_query()
    {
        using var agent = new AgentFixture(options => options.MaxEntriesPerToken = 1);
        var kind = new ConnectAgent.Agent.Roots.RootsKind(agent.Servers);
        Task<CacheAnswer<CaRoots>> ReadAsync(string filter, ulong index = 0) => agent.Cache.GetAsync(
            kind, new ConnectAgent.Agent.Roots.RootsRequest("dc1", "t", filter), new CacheRead(new BlockingQuery(index)), CancellationToken.None).AsTask();
        var blocked = ReadAsync("a", (await ReadAsync("a")).Index);
        (await ((Func<Task>)(() => ReadAsync("b"))).Should().ThrowAsync<ServerException>()).Which.Kind.Should().Be(FailureKind.RateLimited);
        agent.Cache.ReleaseReaders();
        await blocked.WaitAsync(AgentFixture.Patience);
        agent.Cache.Drop(agent.Cache.Entries.Single()).Should().BeTrue();
        await AgentFixture.EventuallyAsync(() => agent.Servers.Running == 0 && agent.Clock.ArmedTimers == 1, "the query ends with the last partition");
    }

    [Fact] // CACHE-27; section 12, test 7: one round trip after an outage, not the next change
    public async Task After_an_outage_the_first_answer_comes_at_once()
    {
        var first = await _agent.RootsAsync();
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        _agent.Servers.Fail(null);
        _agent.Clock.Advance(TimeSpan.FromSeconds(3));
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromMinutes(10));
        var after = await _agent.RootsAsync();
        (after.Index, after.Age, after.InContact, after.Hit).Should().Be((first.Index, TimeSpan.Zero, true, true));
    }

    [Fact] // CACHE-2, CACHE-43: authorize and match must not meet on one key
    public void A_target_with_a_slash_cannot_spell_the_key_of_a_match()
    {
        var authorize = ConnectAgent.Agent.Authorization.MatchRequest.ForTarget("dc1", string.Empty, "default/web");
        var match = ConnectAgent.Agent.Authorization.MatchRequest.ForNames(
            "dc1", string.Empty, new MatchNames(ByDestination: true, ["web"]), ["default/default/web"]);
        authorize.Key.Should().NotBe(match.Key);
        ConnectAgent.Agent.Authorization.MatchRequest.ForTarget("dc1", string.Empty, "web").Key.Should().Be(
            ConnectAgent.Agent.Authorization.MatchRequest.ForNames(
                "dc1", string.Empty, new MatchNames(ByDestination: true, ["web"]), ["default/web"]).Key, "they share what they may share");
    }

    [Fact] // IDX-13
    public async Task On_shutdown_blocked_readers_answer_with_what_they_have()
    {
        var first = await _agent.RootsAsync();
        var blocked = _agent.RootsAsync(first.Index);
        _agent.Cache.ReleaseReaders();
        (await blocked.WaitAsync(AgentFixture.Patience)).Index.Should().Be(first.Index);
    }

    [Fact] // AUTHZ-31: one background query keeps the decision fresh
    public async Task A_cached_decision_follows_a_change_of_the_intentions()
    {
        var client = new ServiceId("x.consul", "dc1", "web");
        var before = await _agent.Authorizer.AuthorizeAsync("db", client, string.Empty, CancellationToken.None);
        before.Value.Allowed.Should().BeTrue();
        _agent.Servers.SetIntentions(new Intention { SourceName = "web", DestinationName = "db", Action = Intention.Deny });
        var match = await _agent.Authorizer.MatchAsync(
            ConnectAgent.Agent.Authorization.MatchRequest.ForTarget("dc1", string.Empty, "db"), new CacheRead(new BlockingQuery(before.Index)), CancellationToken.None);
        match.Value[0].Intentions.Should().ContainSingle();
        var after = await _agent.Authorizer.AuthorizeAsync("db", client, string.Empty, CancellationToken.None);
        after.Value.Allowed.Should().BeFalse();
        after.Hit.Should().BeTrue();
    }
}
