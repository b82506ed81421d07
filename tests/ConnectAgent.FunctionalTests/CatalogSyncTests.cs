using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Agents without a control plane in front of a server of this product: what is registered with one is found through another (services AE-1 to AE-6).</summary>
public sealed class CatalogSyncTests : IAsyncLifetime
{
    private static readonly JsonObject Web = new()
    {
        ["Name"] = "web",
        ["Port"] = 8080,
        ["Check"] = new JsonObject { ["CheckID"] = "web-ttl", ["TTL"] = "10m" },
        ["Connect"] = new JsonObject { ["SidecarService"] = new JsonObject() },
    };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private AgentProcess _server = null!;
    private AgentProcess _agent = null!;

    public async Task InitializeAsync()
    {
        _server = await AgentProcess.StartAsync();
        _agent = await ClientAsync("host-1");
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact] // REG-16, CHK-9, HLT-2
    public async Task What_is_registered_with_one_agent_is_found_through_another()
    {
        await using var other = await ClientAsync("host-2");
        await PutAsync(_agent, "/v1/agent/service/register", Web);
        var instance = (await _server.GetAsync("/v1/catalog/service/web")).List.Single()!;
        ((string?)instance["Node"], (int?)instance["ServicePort"]).Should().Be(("host-1", 8080));
        (await other.GetAsync("/v1/health/connect/web?passing")).List.Should().BeEmpty("its checks have not passed yet");
        await PutAsync(_agent, "/v1/agent/check/pass/web-ttl");
        await ClientAgent.UntilAsync(async () => (await other.GetAsync("/v1/health/service/web?passing")).List.Count == 1);
        await PutAsync(_agent, "/v1/agent/service/deregister/web");
        (await _server.GetAsync("/v1/catalog/service/web")).List.Should().BeEmpty();
        (await _server.GetAsync("/v1/catalog/connect/web")).List.Should().BeEmpty();
    }

    [Fact] // AE-1
    public async Task The_successor_of_a_killed_server_learns_all_that_is_here()
    {
        // Given
        await PutAsync(_agent, "/v1/agent/service/register", Web);
        await PutAsync(_agent, "/v1/agent/service/register", new JsonObject { ["Name"] = "old" });

        // When
        await _server.Process.SignalAsync("KILL");
        await _server.Process.ExitAsync(Patience);
        await PutAsync(_agent, "/v1/agent/service/register", new JsonObject { ["Name"] = "new" });
        await PutAsync(_agent, "/v1/agent/service/deregister/old");
        await PutAsync(_agent, "/v1/agent/check/pass/web-ttl");
        await using var successor = await AgentProcess.StartAsync(new JsonObject { ["ports"] = new JsonObject { ["http"] = _server.Address.Port } });

        // Then: it has never heard of any of them
        await ClientAgent.UntilAsync(async () => (await ServicesAsync(successor, "host-1")).SequenceEqual(["new", "web", "web-sidecar-proxy"]));
        (await successor.GetAsync("/v1/health/checks/web")).List.Select(check => (string?)check!["Status"]).Should().Equal("passing");
    }

    [Fact] // AE-1
    public async Task After_the_network_was_cut_the_catalog_learns_all_that_happened_here()
    {
        // Given
        await using var way = TcpProxy.To(_server.Address);
        await using var agent = await AgentProcess.StartClientAsync([way.Address], new JsonObject { ["node_name"] = "host-3" });
        await PutAsync(agent, "/v1/agent/service/register", Web);
        await PutAsync(agent, "/v1/agent/service/register", new JsonObject { ["Name"] = "old" });

        // When
        way.Set(NetworkFault.Cut);
        await PutAsync(agent, "/v1/agent/service/register", new JsonObject { ["Name"] = "new" });
        await PutAsync(agent, "/v1/agent/service/deregister/old");
        await PutAsync(agent, "/v1/agent/check/pass/web-ttl");
        (await ServicesAsync(_server, "host-3")).Should().Equal("old", "web", "web-sidecar-proxy");
        way.Set(NetworkFault.None);

        // Then
        await ClientAgent.UntilAsync(async () => (await ServicesAsync(_server, "host-3")).SequenceEqual(["new", "web", "web-sidecar-proxy"]));
        await ClientAgent.UntilAsync(async () =>
            (await _server.GetAsync("/v1/health/checks/web")).List.Select(check => (string?)check!["Status"]).SequenceEqual(["passing"]));
    }

    [Fact] // AE-6
    public async Task The_check_of_the_agent_stands_for_it_and_is_critical_after_an_orderly_stop()
    {
        await PutAsync(_agent, "/v1/agent/service/register", new JsonObject { ["Name"] = "plain" });
        var checks = (await _server.GetAsync("/v1/health/node/host-1")).List;
        checks.Select(check => ((string?)check!["CheckID"], (string?)check["Status"])).Should().Equal(("connect-agent", "passing"));
        (await _server.GetAsync("/v1/health/service/plain?passing")).List.Should().ContainSingle();
        await _agent.Process.SignalAsync("TERM");
        await _agent.Process.ExitAsync(Patience);
        ((string?)(await _server.GetAsync("/v1/health/node/host-1")).List.Single()!["Status"]).Should().Be("critical");
        (await _server.GetAsync("/v1/health/service/plain?passing")).List.Should().BeEmpty();
    }

    [Fact] // CENT-1, CENT-4
    public async Task A_config_entry_of_the_servers_changes_a_proxy_here_and_in_the_catalog()
    {
        await PutAsync(_agent, "/v1/agent/service/register", Web);
        var before = (string)(await _agent.GetAsync("/v1/agent/service/web-sidecar-proxy")).Json["ContentHash"]!;
        var held = _agent.GetAsync($"/v1/agent/service/web-sidecar-proxy?hash={before}&wait=5m");
        await PutAsync(_server, "/v1/config", new JsonObject { ["Kind"] = "service-defaults", ["Name"] = "web", ["Protocol"] = "http" });
        var after = (await held).Json;
        ((string?)after["Proxy"]!["Config"]!["protocol"], (string?)after["ContentHash"] != before).Should().Be(("http", true));
        await ClientAgent.UntilAsync(async () =>
            (string?)(await _server.GetAsync("/v1/catalog/service/web-sidecar-proxy")).List.Single()!["ServiceProxy"]!["Config"]?["protocol"] == "http");
    }

    private static async Task<IEnumerable<string>> ServicesAsync(AgentProcess server, string node) =>
        JsonNode.Parse((await server.GetAsync("/v1/catalog/node/" + node)).Body)?["Services"] is JsonObject services
            ? services.Select(static service => service.Key).Order(StringComparer.Ordinal)
            : [];

    private static async Task PutAsync(AgentProcess agent, string path, JsonObject? body = null)
    {
        using var answer = body is null
            ? await agent.Http.PutAsync(new Uri(path, UriKind.Relative), null)
            : await agent.Http.PutAsJsonAsync(new Uri(path, UriKind.Relative), body);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private Task<AgentProcess> ClientAsync(string node) => AgentProcess.StartClientAsync([_server.Address], new JsonObject { ["node_name"] = node });
}
