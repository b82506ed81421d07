using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Caching;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Caching;

/// <summary>acl ACL-SEC-2 to ACL-SEC-7, agent-cache TOKC-3: what a token may not have any more leaves the cache.</summary>
public sealed class TokenWardenTests : IAsyncLifetime, IDisposable
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
        await _agent.Get<TokenWarden>().StartAsync(CancellationToken.None);
    }

    public Task DisposeAsync() => _agent.Get<TokenWarden>().StopAsync(CancellationToken.None);

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
        await AgentFixture.EventuallyAsync(() => Parked(Doomed) == 1, "who waits for the roots goes on waiting: they are public (TOKC-4)");
        rootsReader.IsCompleted.Should().BeFalse();
        Held.Should().Equal(
            "doomed:connect-ca-root@dc1/",
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
        var origin = new ConnectAgent.Agent.Persistence.RestoredOrigin(10, TimeSpan.Zero, TimeSpan.Zero);
        foreach (var token in new[] { Doomed, Other })
        {
            agent.Cache.Restore(
                agent.Get<ConnectAgent.Agent.Leaves.LeafKind>(), new ConnectAgent.Agent.Leaves.LeafRequest("dc1", token, "web"), leaf, origin);
        }

        await agent.Get<TokenWarden>().StartAsync(CancellationToken.None);
        await AgentFixture.EventuallyAsync(
            () => agent.Cache.Entries.Where(entry => entry.Key.Kind == "connect-ca-leaf").Select(entry => entry.Key.Token).SequenceEqual([Other]),
            "only the living token's leaf stays");
        await agent.Get<TokenWarden>().StopAsync(CancellationToken.None);
    }

    [Fact] // ACL-SEC-3: whatever ends the wait
    public async Task A_wait_that_runs_out_asks_for_the_right_again()
    {
        // Given: nobody tells the agent of changes
        await _agent.Get<TokenWarden>().StopAsync(CancellationToken.None);
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
        _agent.Servers.ResolutionFailure = ScriptedServerClient.Away();
        _agent.Servers.SetRights(Doomed, null);
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        Held.Should().NotBeEmpty("nobody knows better");
        _agent.Servers.ResolutionFailure = null;
        _agent.Clock.Advance(TimeSpan.FromSeconds(3));
        await AgentFixture.EventuallyAsync(() => !Held.Any(), "the next look finds the token gone");
    }

    private int Parked(string token) => _agent.Cache.Entries.Where(entry => entry.Key.Token == token).Sum(entry => entry.Waiters);

    private Task<CacheAnswer<IReadOnlyList<IntentionMatch>>> MatchAsync(string token, ulong index = 0) => _agent.Authorizer.MatchAsync(
        MatchRequest.ForTarget("dc1", token, "web"), new CacheRead(index), CancellationToken.None).AsTask();

    private static async Task<string> RefusalAsync(Task reader) =>
        (await FluentActions.Awaiting(() => reader.WaitAsync(AgentFixture.Patience)).Should().ThrowAsync<ServerException>()).Which.Message;
}
