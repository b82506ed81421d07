using ConnectAgent.Protocol.Acl;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.AntiEntropy;

/// <summary>When the catalog is compared with what is registered here, and when nobody can (services AE-1, AE-5).</summary>
public sealed class CatalogComparisonTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedServerClient _servers;
    private readonly SyncedAgent _agent;

    public CatalogComparisonTests()
    {
        _servers = new ScriptedServerClient(_clock);
        _agent = new SyncedAgent(_servers, _clock);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact] // AE-1: also one that was not noticed here, for the servers may have lost something
    public async Task Regained_contact_makes_a_comparison()
    {
        await _agent.StartAsync();
        var reads = _servers.NodeReads;
        _agent.ServersAreBack();
        await _clock.ArmedAsync(static delay => delay == TimeSpan.FromSeconds(1.5));
        _clock.Advance(TimeSpan.FromSeconds(1.5));
        await _agent.RestsAsync();
        _servers.NodeReads.Should().Be(reads + 1);
    }

    [Fact] // design decision 8
    public async Task The_pauses_of_an_outage_grow()
    {
        _servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.BeginAsync();
        foreach (var seconds in new double[] { 3, 6, 12, 24, 48, 90, 90 })
        {
            await _clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(seconds)).WaitAsync(Patience);
            _clock.Advance(TimeSpan.FromSeconds(seconds));
        }
    }

    [Fact]
    public async Task Servers_that_were_restored_from_an_older_snapshot_are_told_again()
    {
        await _agent.StartAsync();
        await _agent.AddAsync("old");
        await _agent.AddAsync("web");
        var restore = _servers.SaveCatalog();
        await _agent.RemoveAsync("old");
        await _agent.AddAsync("new");
        restore();
        _agent.Services.Keys.Should().BeEquivalentTo("old", "web");
        await _agent.CompareAsync();
        _agent.AgreesWithCatalog();
    }

    [Fact] // AE-1, CACHE-18
    public async Task Servers_with_another_state_are_compared_within_seconds_but_not_again_and_again()
    {
        // Given
        await _agent.StartAsync();
        var restore = _servers.SaveCatalog();
        await _agent.AddAsync("web");
        restore();
        _agent.Services.Should().BeEmpty();

        // When
        foreach (var _ in new[] { 1, 2 })
        {
            _agent.ServersAreRestored();
            await _clock.ArmedAsync(static delay => delay == TimeSpan.FromSeconds(1.5)); // SyncPace.ReturnOf
            _clock.Advance(TimeSpan.FromSeconds(1.5));
            await _agent.RestsAsync();
            _agent.AgreesWithCatalog();
        }

        // Then
        var reads = _servers.NodeReads;
        _agent.ServersAreRestored();
        _clock.Advance(TimeSpan.FromSeconds(50));
        _servers.NodeReads.Should().Be(reads);
        _clock.Advance(TimeSpan.FromSeconds(25));
        await SyncedAgent.UntilAsync(() => _servers.NodeReads == reads + 1);
    }

    [Fact] // AE-1
    public async Task The_state_of_its_own_control_plane_is_compared_at_once()
    {
        await using var agent = new SyncedAgent(_servers, _clock, "node2", isRemote: false);
        await agent.StartAsync();
        var restore = _servers.SaveCatalog();
        await agent.AddAsync("web");
        restore();
        agent.ServersAreRestored();
        await SyncedAgent.UntilAsync(() => agent.Services.ContainsKey("web"));
    }

    [Theory] // AE-5, ACL-AGT-6
    [InlineData("", "without a token this node is not seen there")]
    [InlineData("blind", "the agent's token may not read this node there")]
    public async Task Whose_token_does_not_see_the_node_says_so_once_and_writes_what_has_a_token_of_its_own(string token, string reason)
    {
        // Given
        AccessRequest node = new(AclResource.Node, "node2", AclAccess.Write);
        _servers.SetRights(token, new GrantedRights());
        _servers.SetRights("web-token", new GrantedRights(new AccessRequest(AclResource.Service, "web", AclAccess.Write), node));
        _servers.SetRights("agent", new GrantedRights(node, node with { Access = AclAccess.Read }));
        await using var agent = new SyncedAgent(_servers, _clock, "node2", agentToken: token);
        await agent.AddAsync("web", service => service with { Token = "web-token" });

        // When
        await agent.StartAsync();
        var writes = Writes();
        await agent.CompareAsync();

        // Then
        agent.Services.Keys.Should().Equal("web");
        Writes().Should().Be(writes, "what is known to be there is not written again");
        Said().Should().ContainSingle().Which.Should().Contain(reason).And.Contain("acl.tokens.agent").And.Contain("acl.tokens.default");

        // And it is said again when it was well in between.
        await UseAsync("agent");
        agent.Logs.Events.Should().ContainSingle(entry => entry.Id == 1725);
        await UseAsync(token);
        Said().Should().HaveCount(2);

        int Writes() => _servers.Writes.Count(static write => write.IsOf("web"));

        List<string> Said() => [.. agent.Logs.Events.Where(static entry => entry.Id == 1724).Select(static entry => entry.Text)];

        async Task UseAsync(string other)
        {
            var reads = _servers.NodeReads;
            agent.Identity.UseAgentToken(other);
            await SyncedAgent.UntilAsync(() => _servers.NodeReads > reads);
            await agent.RestsAsync();
        }
    }
}
