using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Tokens;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Tokens;

/// <summary>acl ACL-SEC-2 to ACL-SEC-7, agent-cache TOKC-3: what a token may not have any more leaves the cache.</summary>
public sealed class TokenWatcherTests : IAsyncLifetime, IDisposable
{
    private const string Doomed = "doomed";
    private const string Other = "other";
    private readonly AgentFixture _agent = new();

    private IEnumerable<string> Held => _agent.Cache.Entries.Where(entry => entry.Key.Token.Length > 0)
        .Select(entry => $"{entry.Key.Token}:{entry.Key}").Order(StringComparer.Ordinal);

    public async Task InitializeAsync()
    {
        _agent.Servers.SetRights(string.Empty, new GrantedRights());
        _agent.Servers.SetRights(Doomed, GrantedRights.ToServices("web", "api"));
        _agent.Servers.SetRights(Other, GrantedRights.ToServices("web", "api"));
        await _agent.Get<TokenWatcher>().StartAsync(CancellationToken.None);
    }

    public Task DisposeAsync() => _agent.Get<TokenWatcher>().StopAsync(CancellationToken.None);

    public void Dispose() => _agent.Dispose();

    [Fact] // ACL-SEC-3, ACL-SEC-4: reader, key, intentions and roots view, all of it
    public async Task A_token_that_goes_loses_all_it_held_at_once()
    {
        // Given: two tokens with the same entries, and readers parked on each of the doomed one's
        var leaf = await _agent.LeafAsync(token: Doomed);
        var roots = await _agent.RootsAsync(token: Doomed);
        var match = await MatchAsync(Doomed);
        await _agent.LeafAsync(token: Other);
        await _agent.RootsAsync(token: Other);
        await MatchAsync(Other);
        Task[] readers = [_agent.LeafAsync(token: Doomed, index: leaf.Index), MatchAsync(Doomed, match.Index)];
        var rootsReader = _agent.RootsAsync(token: Doomed, index: roots.Index);
        await AgentFixture.EventuallyAsync(() => Parked(Doomed) == 3, "all readers are parked");
        var doomed = _agent.Cache.Entries.Where(entry => entry.Key.Token == Doomed).ToList();

        // When
        _agent.Servers.SetRights(Doomed, null);

        // Then
        foreach (var reader in readers)
        {
            (await RefusalAsync(reader)).Should().Be("ACL not found");
        }

        await AgentFixture.EventuallyAsync(() => doomed.TrueForAll(entry => entry.IsStopped), "the entries and their loops end");
        await AgentFixture.EventuallyAsync(
            () => Parked(TokenText.Unknown) == 1, "who waits for the roots goes on waiting, as anybody does whose token is unknown: they are public (TOKC-4)");
        rootsReader.IsCompleted.Should().BeFalse();
        Held.Should().Equal(
            $"{TokenText.Unknown}:connect-ca-root@dc1/",
            "other:connect-ca-leaf@dc1/service:web",
            "other:connect-ca-root@dc1/",
            "other:intention-match@dc1/destination:default/web");
        (await RefusalAsync(_agent.LeafAsync(token: Doomed))).Should().Be("ACL not found");
        (await _agent.LeafAsync(token: Other)).Value.Should().NotBeNull();
    }

    [Fact] // ACL-SEC-4: only what the right was for
    public async Task A_token_that_loses_a_right_loses_what_the_right_was_for()
    {
        var web = await _agent.LeafAsync("web", token: Doomed);
        var api = await _agent.LeafAsync("api", token: Doomed);
        var webReader = _agent.LeafAsync("web", index: web.Index, token: Doomed);
        var apiReader = _agent.LeafAsync("api", index: api.Index, token: Doomed);
        await AgentFixture.EventuallyAsync(() => Parked(Doomed) == 2, "both readers are parked");
        _agent.Servers.SetRights(Doomed, GrantedRights.ToServices("api"));
        (await RefusalAsync(webReader)).Should().Be("Permission denied");
        Held.Should().Equal("doomed:connect-ca-leaf@dc1/service:api");
        apiReader.IsCompleted.Should().BeFalse("nothing has changed for it");
        (await _agent.LeafAsync("api", token: Doomed)).Value.Should().BeSameAs(api.Value, "a good leaf is not issued again");
    }

    [Fact] // ACL-SEC-2: what came out of the sealed file is looked at, too
    public async Task What_a_former_life_left_under_a_token_that_is_gone_is_dropped()
    {
        using var agent = new AgentFixture();
        agent.Servers.SetRights(Other, GrantedRights.ToServices("web"));
        var leaf = (await _agent.LeafAsync(token: Doomed)).Value;
        var origin = new RestoredOrigin(10, TimeSpan.Zero, TimeSpan.Zero);
        foreach (var token in new[] { Doomed, Other })
        {
            agent.Cache.Restore(
                agent.Get<ConnectAgent.Agent.Leaves.LeafKind>(), new ConnectAgent.Agent.Leaves.LeafRequest("dc1", token, "web"), leaf, origin);
        }

        await agent.Get<TokenWatcher>().StartAsync(CancellationToken.None);
        await AgentFixture.EventuallyAsync(
            () => agent.Cache.Entries.Where(entry => entry.Key.Kind == "connect-ca-leaf").Select(entry => entry.Key.Token).SequenceEqual([Other]),
            "only the living token's leaf stays");
        await agent.Get<TokenWatcher>().StopAsync(CancellationToken.None);
    }

    [Fact] // ACL-SEC-3: whatever ends the wait
    public async Task A_wait_that_runs_out_asks_for_the_right_again()
    {
        // Given: nobody tells the agent of changes
        await _agent.Get<TokenWatcher>().StopAsync(CancellationToken.None);
        var leaf = await _agent.LeafAsync(token: Doomed);
        var reader = _agent.LeafAsync(token: Doomed, index: leaf.Index, wait: TimeSpan.FromMinutes(1));
        await AgentFixture.EventuallyAsync(() => Parked(Doomed) == 1, "the reader is parked");
        _agent.Servers.SetRights(Doomed, null);
        _agent.Clock.Advance(TimeSpan.FromMinutes(1));
        (await RefusalAsync(reader)).Should().Be("ACL not found");
    }

    [Fact]
    public async Task A_look_that_fails_is_made_again_after_a_pause()
    {
        await _agent.LeafAsync(token: Doomed);
        _agent.Servers.ResolutionFailure = ScriptedServerClient.Unreachable();
        _agent.Servers.SetRights(Doomed, null);
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        Held.Should().NotBeEmpty("nobody knows better");
        _agent.Servers.ResolutionFailure = null;
        _agent.Clock.Advance(TimeSpan.FromSeconds(3));
        await AgentFixture.EventuallyAsync(() => !Held.Any(), "the next look finds the token gone");
    }

    [Fact] // FA-9: a word that no token can be is not tried again and again
    public async Task FA_9_A_reserved_word_is_unknown_and_leaves_no_entry()
    {
        // Given: an entry under such a word, as an older file may hold
        using var agent = new AgentFixture();
        await RestoreLeafAsync(agent, "allow");
        await RestoreLeafAsync(agent, Other);
        agent.Servers.SetRights(Other, GrantedRights.ToServices("web"));

        // When
        await agent.RootsAsync(token: "deny");
        await agent.RootsAsync(token: "manage");
        await agent.Get<TokenWatcher>().StartAsync(CancellationToken.None);

        // Then
        await AgentFixture.EventuallyAsync(
            () => agent.Cache.Entries.Select(entry => entry.Key.Token).Distinct().Order(StringComparer.Ordinal).SequenceEqual([string.Empty, TokenText.Unknown, Other]),
            "the entries of words that are no tokens go");
        agent.Servers.SetRights("unrelated", new GrantedRights());
        await AgentFixture.EventuallyAsync(() => agent.Servers.Looks >= 2, "each change is looked at");
        await agent.Get<TokenWatcher>().StopAsync(CancellationToken.None);
        agent.Logs.Events.Should().NotContain(logged => logged.Id == 1006, "there is nothing that could not be resolved");
    }

    [Fact] // FA-14: a look does not come as one burst
    public async Task FA_14_A_look_at_many_tokens_is_spread()
    {
        // Given: more tokens than the servers are asked about at once, and none that is known already
        const int Tokens = 70;
        using var agent = new AgentFixture();
        foreach (var token in Enumerable.Range(0, Tokens).Select(i => $"token-{i}"))
        {
            agent.Servers.SetRights(token, GrantedRights.ToServices("web"));
            await agent.LeafAsync(token: token);
            agent.Servers.SetRights(token + "-for-roots", new GrantedRights());
            await agent.RootsAsync(token: token + "-for-roots");
        }

        var answers = agent.Servers.HoldResolutions();
        await agent.Get<TokenWatcher>().StartAsync(CancellationToken.None);

        // When, Then: so many run at once. Each is released only when the watcher has gone on from it: an answer that is there at once is not paced.
        var released = 0;
        while (released < 51 - 8)
        {
            await AgentFixture.EventuallyAsync(() => answers.Count == released + 8, "so many are asked about");
            answers.ElementAt(released++).SetResult();
            answers.Count.Should().BeLessThanOrEqualTo(released + 8);
        }

        // and so many in a second; nobody is asked for roots
        for (var asked = 51; asked <= Tokens; asked++)
        {
            await agent.Clock.ArmedAsync(delay => delay < TimeSpan.FromSeconds(0.03));
            answers.Count.Should().Be(asked);
            while (released < answers.Count)
            {
                answers.ElementAt(released++).SetResult();
            }

            agent.Clock.Advance(TimeSpan.FromSeconds(0.02));
        }

        await agent.Get<TokenWatcher>().StopAsync(CancellationToken.None);
        answers.Count.Should().Be(Tokens);
    }

    private static async Task RestoreLeafAsync(AgentFixture agent, string token) => agent.Cache.Restore(
        agent.Get<ConnectAgent.Agent.Leaves.LeafKind>(),
        new ConnectAgent.Agent.Leaves.LeafRequest("dc1", token, "web"),
        (await agent.LeafAsync(token: Other)).Value,
        new RestoredOrigin(10, TimeSpan.Zero, TimeSpan.Zero));

    private int Parked(string token) => _agent.Cache.Entries.Where(entry => entry.Key.Token == token).Sum(entry => entry.Waiters);

    private Task<CacheAnswer<IReadOnlyList<IntentionMatch>>> MatchAsync(string token, ulong index = 0) => _agent.Authorizer.MatchAsync(
        MatchRequest.ForTarget("dc1", token, "web"), new CacheRead(new BlockingQuery(index)), CancellationToken.None).AsTask();

    private static async Task<string> RefusalAsync(Task reader) =>
        (await FluentActions.Awaiting(() => reader.WaitAsync(AgentFixture.Patience)).Should().ThrowAsync<ServerException>()).Which.Message;
}
