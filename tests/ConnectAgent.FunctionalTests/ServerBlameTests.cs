using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>FA-16 with three processes: an agent, and two servers behind a stretch of network each.</summary>
public sealed class ServerBlameTests : IAsyncLifetime
{
    private readonly List<AgentProcess> _servers = [];
    private readonly List<TcpProxy> _ways = [];
    private AgentProcess _agent = null!;

    public async Task InitializeAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            var server = await AgentProcess.StartAsync(new JsonObject
            {
                ["acl"] = new JsonObject { ["enabled"] = true, ["default_policy"] = "allow" },
            });
            _servers.Add(server);
            _ways.Add(TcpProxy.To(server.Address));
        }

        _agent = await AgentProcess.StartClientAsync(_ways.Select(way => way.Address));
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        foreach (var way in _ways)
        {
            await way.DisposeAsync();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact] // a server has an error for each call under a token of that name; its other calls are none the worse for it
    public async Task FA_16_One_callers_errors_release_nothing_and_a_broken_way_moves_everything()
    {
        // Given
        await _agent.WarmAsync();
        await ClientAgent.UntilAsync(async () => Held(await CurrentAsync()) >= 3);
        var current = await CurrentAsync();

        // When
        for (var i = 0; i < 10; i++)
        {
            (await _agent.GetAsync($"/v1/connect/intentions/match?by=destination&name=key-{i}&cached&token=deny")).Status.Should().NotBe(200);
        }

        // Then
        var after = await CurrentAsync();
        ((string)after["Address"]!, (string)after["State"]!).Should().Be(((string)current["Address"]!, "healthy"));
        Held(after).Should().BeGreaterThanOrEqualTo(Held(current), "what is held stays there");
        Held(await OtherAsync()).Should().Be(0);
        (await _agent.AuthorizeAsync("fresh")).Status.Should().Be(200);

        // When: the network breaks, which is the server's whole trouble
        _ways.Single(way => way.Address.GetLeftPart(UriPartial.Authority) == (string)current["Address"]!).Set(NetworkFault.Reset);

        // Then
        (await _agent.AuthorizeAsync("another")).Status.Should().Be(200);
        await ClientAgent.UntilAsync(async () => Held(await CurrentAsync()) >= 3);
        var next = await CurrentAsync();
        ((string)next["Address"]!).Should().NotBe((string)current["Address"]!);
        ((string)(await OtherAsync())["State"]!).Should().Be("failing");
    }

    private static int Held(JsonNode server) => (int)server["OpenBlockingQueries"]!;

    private async Task<JsonNode> CurrentAsync() => (await ServersAsync()).Single(server => (bool)server!["Current"]!)!;

    private async Task<JsonNode> OtherAsync() => (await ServersAsync()).Single(server => !(bool)server!["Current"]!)!;

    private async Task<JsonArray> ServersAsync() => (JsonArray)(await _agent.GetAsync("/v1/agent/connect/servers")).List;
}
