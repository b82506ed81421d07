using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// An agent whose servers are behind real, broken stretches of network (agent-cache CACHE-9, CACHE-29, section 12 test 7). Three ways lead to one
/// server, so that the three are one cluster. Recovery takes 30 s at most: 15 s until the next look at the servers, its time limit of 2 s,
/// a pause of 8 s, an answer; the tests wait longer only because the machine may be slow.
/// </summary>
public sealed class NetworkFaultTests : IAsyncLifetime
{
    private AgentProcess _server = null!;
    private AgentProcess _agent = null!;
    private TcpProxy[] _ways = null!;

    public static TheoryData<NetworkFault> Faults => new()
    {
        NetworkFault.Cut, NetworkFault.Reset, NetworkFault.BlackHole, NetworkFault.Delay, NetworkFault.Drip,
    };

    public async Task InitializeAsync()
    {
        _server = await AgentProcess.StartAsync();
        _ways = [TcpProxy.To(_server.Address), TcpProxy.To(_server.Address), TcpProxy.To(_server.Address)];
        _agent = await AgentProcess.StartClientAsync(
            _ways.Select(way => way.Address), new JsonObject { ["connect_agent"] = new JsonObject { ["server_timeout"] = "2s" } });
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        foreach (var way in _ways)
        {
            await way.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Theory] // no wrong answer, and nobody has to know
    [MemberData(nameof(Faults))]
    public async Task With_one_way_broken_changes_arrive_and_new_keys_are_answered(NetworkFault fault)
    {
        // Given
        await _agent.WarmAsync();
        (await CurrentAsync()).Set(fault);

        // When
        var fresh = await _agent.AuthorizeAsync("fresh");
        var leaf = await _agent.LeafAsync("fresh");
        await PutAsync("db", "deny");

        // Then
        (fresh.Status, leaf.Status).Should().Be((200, 200), "{0} {1}", fresh.Body, leaf.Body);
        await DecidesAsync("db", allowed: false);
    }

    [Theory] // CACHE-29: what is known is answered; what changed meanwhile is seen as soon as there is a way
    [MemberData(nameof(Faults))]
    public async Task With_all_ways_broken_the_known_is_answered_and_the_news_come_with_the_first_way(NetworkFault fault)
    {
        // Given
        var warm = await _agent.WarmAsync();
        await DecidesAsync("db", allowed: true);
        var match = await _agent.GetAsync("/v1/connect/intentions/match?by=destination&name=db&cached");
        foreach (var way in _ways)
        {
            way.Set(fault);
        }

        // When
        await PutAsync("db", "deny");
        await _agent.StillServesAsync(warm, knownLeader: null);
        _ways[1].Set(NetworkFault.None);

        // Then: also for one who goes on blocking where he was
        var seen = match;
        await ClientAgent.UntilAsync(async () =>
        {
            var next = await _agent.GetAsync($"/v1/connect/intentions/match?by=destination&name=db&cached&index={seen.Index}&wait=1s");
            seen = next.Status == 200 ? next : seen;
            return seen.Json["db"] is JsonArray;
        });
        await DecidesAsync("db", allowed: false);
        await ClientAgent.UntilAsync(async () => (await _agent.LeafAsync("fresh")).Status == 200);
    }

    [Fact] // IDX-10: held reads go on at the other servers, whichever is lost next
    public async Task Ways_that_break_one_after_the_other_lose_nothing()
    {
        await _agent.WarmAsync();
        for (var turn = 0; turn < 6; turn++)
        {
            var current = await CurrentAsync();
            current.Set(turn % 2 == 0 ? NetworkFault.Reset : NetworkFault.Cut);
            var allowed = turn % 2 == 1;
            await PutAsync("db", allowed ? "allow" : "deny");
            await DecidesAsync("db", allowed);
            current.Set(NetworkFault.None);
        }
    }

    private async Task<TcpProxy> CurrentAsync()
    {
        var list = (await _agent.GetAsync("/v1/agent/connect/servers")).List;
        var address = (string)list.Single(server => (bool)server!["Current"]!)!["Address"]!;
        return _ways.Single(way => way.Address.GetLeftPart(UriPartial.Authority) == address);
    }

    private Task DecidesAsync(string target, bool allowed) =>
        ClientAgent.UntilAsync(async () => (bool?)(await _agent.AuthorizeAsync(target)).Json["Authorized"] == allowed);

    private async Task PutAsync(string destination, string action)
    {
        using var answer = await _server.Http.PutAsJsonAsync(
            new Uri($"/v1/connect/intentions/exact?source=web&destination={destination}", UriKind.Relative), new JsonObject { ["Action"] = action });
        answer.EnsureSuccessStatusCode();
    }
}
