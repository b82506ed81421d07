using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The window into the servers, our own.</summary>
public sealed class ServerStatusTests
{
    private const string Window = "/v1/agent/connect/servers";

    [Fact]
    public async Task Each_server_shows_how_it_is()
    {
        // Given
        await using var first = ScriptedConsulServer.Start(setsNodeApart: true);
        await using var second = ScriptedConsulServer.Start(first.Content);
        await using var agent = await AgentProcess.StartClientAsync(
            [first.Address, second.Address], new JsonObject { ["telemetry"] = new JsonObject { ["prometheus_retention_time"] = "1m" } });
        (await agent.GetAsync(Window)).List.Select(server => (string)server!["State"]!).Should().Contain("unknown", "nobody has asked one of them yet");

        // When
        var warm = await agent.WarmAsync();
        await ClientAgent.UntilAsync(async () => (int)(await CurrentAsync(agent))["OpenBlockingQueries"]! == 3);

        // Then
        var current = await CurrentAsync(agent);
        current["State"]!.ToString().Should().Be("healthy");
        ((double)current["RoundTripMs"]!).Should().BePositive();
        ((ulong)current["LastIndex"]!).Should().BePositive();
        current["LastError"].Should().BeNull();

        // When
        var (used, other) = current["Address"]!.ToString() == first.Address.GetLeftPart(UriPartial.Authority) ? (first, second) : (second, first);
        used.Refuse();
        await ClientAgent.UntilAsync(async () => (int)(await CurrentAsync(agent))["OpenBlockingQueries"]! == 3);

        // Then
        await agent.StillServesAsync(warm, knownLeader: true);
        (await agent.AuthorizeAsync("new")).Status.Should().Be(200);
        (await CurrentAsync(agent))["Address"]!.ToString().Should().Be(other.Address.GetLeftPart(UriPartial.Authority));
        var lost = (await agent.GetAsync(Window)).List.Single(server => !(bool)server!["Current"]!)!;
        lost["State"]!.ToString().Should().Be("failing");
        lost["LastError"]!["Text"]!.ToString().Should().StartWith("rpc error");
        var metrics = (await agent.GetAsync("/v1/agent/metrics?format=prometheus")).Body;
        metrics.Should().Contain($"connect_agent_servers_healthy{{server=\"{used.Address.GetLeftPart(UriPartial.Authority)}\"}} 0");
        metrics.Should().Contain($"connect_agent_servers_healthy{{server=\"{other.Address.GetLeftPart(UriPartial.Authority)}\"}} 1");
        metrics.Should().MatchRegex($"connect_agent_servers_held.server=\"{other.Address.GetLeftPart(UriPartial.Authority)}\". [34]\n");
    }

    [Fact]
    public async Task The_embedded_control_plane_is_one_server()
    {
        await using var agent = await AgentProcess.StartAsync();
        await agent.WarmAsync();
        var server = (await agent.GetAsync(Window)).List.Should().ContainSingle().Subject!;
        (server["Address"]!.ToString(), server["State"]!.ToString(), (bool)server["Current"]!).Should().Be(("embedded", "healthy", true));
        ((ulong)server["LastIndex"]!).Should().BePositive();
        await ClientAgent.UntilAsync(async () => (int)(await agent.GetAsync(Window)).List[0]!["OpenBlockingQueries"]! == 3);
    }

    [Fact] // agent:read on this node
    public async Task The_window_needs_a_right()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["initial_management"] = "root" },
            },
        });
        (await agent.GetAsync(Window)).Status.Should().Be(403);
        (await agent.GetAsync(Window + "?token=root")).Status.Should().Be(200);
    }

    private static async Task<JsonNode> CurrentAsync(AgentProcess agent) =>
        (await agent.GetAsync(Window)).List.Single(server => (bool)server!["Current"]!)!;
}
