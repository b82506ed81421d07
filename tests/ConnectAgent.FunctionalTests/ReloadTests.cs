using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>A changed configuration, taken over by the running daemon (services AG-29, config-and-cli PROC-4).</summary>
public sealed class ReloadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Uri Reload = new("/v1/agent/reload", UriKind.Relative);

    [Fact] // PROC-4, AG-29, CONN-1
    public async Task A_hangup_takes_over_what_may_change()
    {
        // Given
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["log_level"] = "info" });
        Edit(agent, config =>
        {
            config["log_level"] = "debug";
            config["node_meta"] = new JsonObject { ["rack"] = "7" };
            config["node_name"] = "other";
            config["limits"] = new JsonObject { ["http_max_conns_per_client"] = 1 };
        });

        // When
        await agent.Process.SignalAsync("HUP");
        await agent.Process.SeenAsync("Configuration reloaded", Patience);

        // Then
        var self = await SelfAsync(agent);
        ((string)self["Meta"]!["rack"]!, (string)self["DebugConfig"]!["Logging"]!["LogLevel"]!).Should().Be(("7", "DEBUG"));
        ((string)self["Config"]!["NodeName"]!).Should().Be("node1", "a name waits for a restart");
        await agent.Http.GetStringAsync(new Uri("/v1/agent/connect/ca/leaf/web", UriKind.Relative));
        await agent.Process.SeenAsync("Leaf issued: service=web", Patience);
        using var second = new TcpClient();
        await second.ConnectAsync(IPAddress.Loopback, agent.Address.Port);
        using var reader = new StreamReader(second.GetStream());
        (await reader.ReadLineAsync().WaitAsync(Patience)).Should().Be("HTTP/1.1 429 Too Many Requests", "the client of this test holds the one");
    }

    [Fact] // PROC-4, AG-29
    public async Task A_bad_file_is_named_and_the_old_configuration_stays()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["log_level"] = "info" });
        var file = Path.Combine(agent.Folder, "config.json");
        await File.WriteAllTextAsync(file, """{"log_level":"debug","bogus":1}""");
        using var answer = await agent.Http.PutAsync(Reload, null);
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be(
            (500, $"failed to parse {file}: 1 error occurred:\n\t* invalid config key bogus\n\n"));
        await agent.Process.SignalAsync("HUP");
        await agent.Process.SeenAsync("Reload config failed: error=", Patience);
        ((string)(await SelfAsync(agent))["DebugConfig"]!["Logging"]!["LogLevel"]!).Should().Be("INFO");
    }

    [Fact] // AG-29, TOKC-3: agent:write; a new default token counts at once
    public async Task Reloading_needs_the_right_and_a_new_default_token_counts_at_once()
    {
        const string Management = "44444444-5555-6666-7777-888888888888";
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["master"] = Management },
            },
        });
        Edit(agent, config => config["acl"]!["tokens"]!["default"] = Management);
        using var refused = await agent.Http.PutAsync(Reload, null);
        ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync()).Should().Be((403, "Permission denied"));
        using var request = new HttpRequestMessage(HttpMethod.Put, Reload) { Headers = { { "X-Consul-Token", Management } } };
        using var reloaded = await agent.Http.SendAsync(request);
        ((int)reloaded.StatusCode, await reloaded.Content.ReadAsStringAsync()).Should().Be((200, string.Empty));
        using var again = await agent.Http.PutAsync(Reload, null);
        again.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    private static void Edit(AgentProcess agent, Action<JsonObject> edit)
    {
        var file = Path.Combine(agent.Folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        edit(config);
        File.WriteAllText(file, config.ToJsonString());
    }

    private static async Task<JsonNode> SelfAsync(AgentProcess agent) =>
        JsonNode.Parse(await agent.Http.GetStringAsync(new Uri("/v1/agent/self", UriKind.Relative)))!;
}
