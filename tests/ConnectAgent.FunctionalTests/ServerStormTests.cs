using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>What a server is asked by the keys of two hundred agents when it fails and when it comes back (design decision 8).</summary>
public sealed class ServerStormTests
{
    // 200 agents with five keys each.
    private const int Keys = 1000;

    [Fact]
    public async Task Neither_a_failing_nor_a_recovering_server_is_stormed()
    {
        // Given
        await using var server = ScriptedConsulServer.Start(setsNodeApart: true);
        await using var agent = await AgentProcess.StartClientAsync([server.Address]);
        await agent.WarmAsync();
        await Parallel.ForAsync(0, Keys, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (key, _) =>
            (await agent.AuthorizeAsync($"key-{key}")).Status.Should().Be(200));
        await ClientAgent.UntilAsync(async () => await HeldAsync(agent) == 128);
        var before = server.Requests.Count;

        // When
        server.Script(_ => ScriptedAnswer.Reset);
        await ClientAgent.UntilAsync(async () => await FailingAsync(agent) >= 128);

        // Then
        var during = server.Requests.Skip(before).ToList();
        during.Count.Should().BeLessThan(128 + 100, "each read that was held may have been repeated by the transport, and few others came");

        // When
        var from = server.Requests.Count;
        server.Content.SetIntentions([new() { SourceName = "*", DestinationName = "*", Action = "deny" }]);
        server.Heal();
        await ClientAgent.UntilAsync(async () => await FailingAsync(agent) == 0 && !(bool)(await agent.AuthorizeAsync("key-7")).Json["Authorized"]!);

        // Then: the pace of 100 a second after 200 at once
        var recovery = server.Requests.Skip(from).ToList();
        foreach (var (request, at) in recovery.Select((request, at) => (request, at)))
        {
            recovery.Skip(at).TakeWhile(other => TimeProvider.System.GetElapsedTime(request.At, other.At) < TimeSpan.FromSeconds(1)).Count()
                .Should().BeLessThanOrEqualTo(300 + 50);
        }
    }

    private static async Task<int> HeldAsync(AgentProcess agent) =>
        (int)(await agent.GetAsync("/v1/agent/connect/servers")).List.Single()!["OpenBlockingQueries"]!;

    private static async Task<int> FailingAsync(AgentProcess agent) =>
        (int?)(await agent.GetAsync("/v1/agent/connect/cache/summary")).Json["ByState"]!["failing"] ?? 0;
}
