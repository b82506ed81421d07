using System.Text.Json.Nodes;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Caching;
using ConnectAgent.Configuration;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ConnectAgent.Tests.Http.LocalServices;

/// <summary>The services of this agent over HTTP: what the recordings do not show (services REG, SIDE, AG-1 to AG-7, AG-20 to AG-23).</summary>
public sealed class LocalServicesHttpTests
{
    private const string Unknown = "12345678-1234-1234-1234-123456789012";

    [Theory] // REG-3: each of these has all faults behind its own, too
    [InlineData("""{"Name":"","Address":"::","Weights":{"Passing":0}}""", 400, "Missing service name")]
    [InlineData("""{"Name":"a","Address":"::","Weights":{"Passing":0}}""", 400, "Invalid service address")]
    [InlineData("""{"Name":"a","Weights":{"Passing":0,"Warning":1}}""", 403, "ACL not found", Unknown)]
    [InlineData("""{"Name":"a","Weights":{"Passing":0},"Meta":{"":""}}""", 400, "Invalid Weights: Passing must be greater than 0")]
    [InlineData("""{"Name":"a","Meta":{"":"x"},"Kind":"mesh-gateway"}""", 400, "Invalid Service Meta: Couldn't load metadata pair ('', 'x'): Key cannot be blank")]
    [InlineData("""{"Name":"a","Kind":"mesh-gateway","Check":{"Name":"c"}}""", 400, "1 error occurred:\n\t* Port must be non-zero for a mesh-gateway\n\n")]
    [InlineData("""{"Name":"a","Check":{"Name":"c","Status":"meh"}}""", 400, "Invalid check: TTL must be > 0 for TTL checks")]
    [InlineData("""{"Name":"a","Check":{"TTL":"1s","Status":"meh"},"Connect":{"SidecarService":{"Check":{"Name":"c"}}}}""", 400, "Status for checks must 'passing', 'warning', 'critical'")]
    [InlineData(
        """{"Name":"a","TaggedAddresses":{"lan_ipv4":{"Address":"x"}},"Connect":{"SidecarService":{"Check":{"Name":"c"}}}}""", 400,
        "Bad request: Invalid check in sidecar_service: TTL must be > 0 for TTL checks")]
    [InlineData("""{"Name":"a","Connect":{"SidecarService":{"Address":"::","Weights":{"Passing":0}}}}""", 400, "Invalid service address")]
    [InlineData("""{"Name":"a","Connect":{"SidecarService":{"Weights":{"Passing":0},"Meta":{"":"x"}}}}""", 400, "Invalid Weights: Passing must be greater than 0")]
    [InlineData(
        """{"Name":"a","Connect":{"SidecarService":{"Meta":{"":"x"},"Proxy":{"Upstreams":[{}]}}}}""", 400,
        "Invalid Service Meta: Couldn't load metadata pair ('', 'x'): Key cannot be blank")]
    [InlineData("""{"Name":"a","ID":"b/.."}""", 400, "Invalid service: ID \"b/..\" has \".\" or \"..\" between slashes, which clients take out of paths")]
    [InlineData("""{"Name":"."}""", 400, "Invalid service: Name \".\" has \".\" or \"..\" between slashes, which clients take out of paths")]
    [InlineData("""{"Name":"a","ID":"b\u0000"}""", 400, "Invalid service: ID \"b\\x00\" has a character that is not printable")]
    [InlineData("""{"Name":"a","Check":{"CheckID":"b\n","TTL":"1s"}}""", 400, "Invalid check: CheckID \"b\\n\" has a character that is not printable")]
    [InlineData(
        """{"Name":"a","Connect":{"SidecarService":{"Check":{"CheckID":"serfHealth","TTL":"1s"}}}}""", 400,
        "Bad request: Invalid check in sidecar_service: CheckID \"serfHealth\" is reserved for the node's own check")]
    [InlineData("""{"Name":"a","TaggedAddresses":{"wan_ipv6":{"Address":"1.2.3.4"}}}""", 400, "Service tagged address \"wan_ipv6\" must be a valid ipv6 address")]
    public async Task The_first_fault_answers_and_nothing_is_registered(string body, int status, string text, string token = "root")
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        var answer = await agent.SendAsync("PUT", "/v1/agent/service/register", body, token);
        (answer.Status, answer.Text).Should().Be((status, text));
        agent.Services.GetRequiredService<LocalState>().Current.Services.Should().BeEmpty();
    }

    [Theory] // HTTP-3, FA-1
    [InlineData("{\"Name\":1}", 400, "Request decode failed: json: cannot unmarshal number into Go struct field ServiceDefinition.Name of type string")]
    [InlineData("[]", 400, "Request decode failed: json: cannot unmarshal array into Go value of type struct")]
    [InlineData("", 400, "Request decode failed: EOF")]
    public async Task A_body_of_other_types_is_refused_in_the_words_of_the_reference(string body, int status, string text)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var answer = await agent.SendAsync("PUT", "/v1/agent/service/register", body);
        (answer.Status, answer.Text).Should().Be((status, text));
    }

    [Theory] // REG-15
    [InlineData("", true)]
    [InlineData("?replace-existing-checks", false)]
    [InlineData("?replace-existing-checks=true", false)]
    [InlineData("?replace-existing-checks=1", true)]
    public async Task Checks_that_are_not_mentioned_stay_unless_the_query_says_so(string query, bool stays)
    {
        await using var agent = await InProcessAgent.StartAsync();
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"a","Check":{"CheckID":"old","TTL":"10s"}}""");
        await PutAsync(agent, "/v1/agent/service/register" + query, """{"Name":"a","Check":{"CheckID":"new","TTL":"10s"}}""");
        var checks = agent.Services.GetRequiredService<LocalState>().Current.Checks.Keys;
        checks.Should().Equal(stays ? ["new", "old"] : ["new"]);
    }

    [Fact] // REG-19
    public async Task A_null_in_the_configuration_of_a_proxy_is_kept()
    {
        await using var agent = await InProcessAgent.StartAsync();
        await PutAsync(
            agent, "/v1/agent/service/register",
            """{"Kind":"connect-proxy","Name":"p","Port":1,"Proxy":{"DestinationServiceName":"a","Config":{"b":null,"a":[null]}}}""");
        (await agent.GetAsync("/v1/agent/service/p"))["Proxy"]!["Config"]!.ToJsonString().Should().Be("""{"a":[null],"b":null}""");
    }

    [Fact] // REG-17, SIDE-9, AG-1, AG-5
    public async Task Who_registers_needs_the_right_to_every_name_that_is_touched()
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        var web = await agent.TokenAsync("service \"web\" { policy = \"write\" }");
        var both = await agent.TokenAsync("service_prefix \"web\" { policy = \"write\" }");
        await RefusedAsync("""{"Name":"db"}""", web, "db");
        await RefusedAsync("""{"Name":"web","Connect":{"SidecarService":{}}}""", web, "web-sidecar-proxy");
        await RefusedAsync("""{"Name":"web-p","Kind":"connect-proxy","Port":1,"Proxy":{"DestinationServiceName":"db"}}""", both, "db");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web","Connect":{"SidecarService":{"Token":"TOKEN"}}}""".Replace("TOKEN", both, StringComparison.Ordinal), web);
        await PutAsync(agent, "/v1/agent/service/register", """{"ID":"x","Name":"db"}""", "root");
        await RefusedAsync("""{"ID":"x","Name":"web"}""", web, "db");

        var state = agent.Services.GetRequiredService<LocalState>();
        state.Current.Service("web")!.Token.Should().Be(web);
        state.Current.Service("web-sidecar-proxy")!.Token.Should().Be(both);
        (await agent.SendAsync("PUT", "/v1/agent/service/deregister/x", token: web)).Text.Should().Be("Permission denied: Missing service:write on db");
        (await agent.SendAsync("PUT", "/v1/agent/service/deregister/nope", token: web)).Should().BeEquivalentTo(
            (404, "Unknown service ID \"nope\". Ensure that the service ID is passed, not the service name."), options => options.ExcludingMissingMembers());
        (await agent.SendAsync("PUT", "/v1/agent/service/maintenance/nope?enable=true", token: web)).Status.Should().Be(404);
        (await agent.SendAsync("GET", "/v1/agent/service/x", token: web)).Should().BeEquivalentTo(
            (403, "Permission denied"), options => options.ExcludingMissingMembers());
        JsonNode.Parse((await agent.SendAsync("GET", "/v1/agent/services", token: web)).Text)!.AsObject().Select(pair => pair.Key).Should().Equal("web");

        async Task RefusedAsync(string body, string token, string name)
        {
            var answer = await agent.SendAsync("PUT", "/v1/agent/service/register", body, token);
            (answer.Status, answer.Text).Should().Be((403, $"Permission denied: Missing service:write on {name}"));
        }
    }

    [Fact] // AE-5: what is kept is the caller's own token; the agent's default one may change
    public async Task A_registration_without_a_token_is_kept_without_one()
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web","Token":"ignored"}""");
        agent.Services.GetRequiredService<LocalState>().Current.Service("web")!.Token.Should().BeEmpty();
    }

    [Theory] // AG-1, AG-10, AG-12, PATH-1, PATH-5: whatever can be registered can be deregistered
    [InlineData("/web")]
    [InlineData("web/")]
    [InlineData("a//b")]
    [InlineData("http://127.0.0.1:80/")]
    [InlineData("...")]
    [InlineData("a%2F?#&+b c")]
    [InlineData("été")]
    public async Task Whatever_ID_is_taken_can_be_named_in_a_path(string id)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var state = agent.Services.GetRequiredService<LocalState>();
        var (body, path) = (new JsonObject { ["Name"] = "n", ["ID"] = id, ["TTL"] = "1h" }, Uri.EscapeDataString(id));
        await PutAsync(agent, "/v1/agent/check/register", body.ToJsonString());
        await PutAsync(agent, "/v1/agent/check/pass/" + path, null);
        state.Current.Check(id)!.Health.Status.Should().Be("passing");
        await PutAsync(agent, "/v1/agent/check/deregister/" + path, null);
        body.Remove("TTL");
        await PutAsync(agent, "/v1/agent/service/register", body.ToJsonString());
        ((string?)(await agent.GetAsync("/v1/agent/service/" + path))["ID"]).Should().Be(id);
        await PutAsync(agent, "/v1/agent/service/deregister/" + path, null);
        (state.Current.Services.Count, state.Current.Checks.Count).Should().Be((0, 0));
    }

    [Fact] // REG-17, acl section 7, row 13
    public async Task A_registration_does_not_take_over_the_check_of_another_service()
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        var web = await agent.TokenAsync("service_prefix \"web\" { policy = \"write\" }");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"db","Check":{"TTL":"1h"}}""", "root");
        foreach (var body in new[]
        {
            """{"Name":"web","Check":{"CheckID":"service:db","TTL":"1h"}}""",
            """{"Name":"web","Connect":{"SidecarService":{"Check":{"CheckID":"service:db","TTL":"1h"}}}}""",
        })
        {
            var answer = await agent.SendAsync("PUT", "/v1/agent/service/register", body, web);
            (answer.Status, answer.Text).Should().Be((403, "Permission denied: Missing service:write on db"));
        }

        agent.Services.GetRequiredService<LocalState>().Current.Services.Keys.Should().Equal("db");
    }

    [Fact] // AG-6
    public async Task A_read_with_the_hash_waits_for_another_hash_and_for_nothing_else()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var state = agent.Services.GetRequiredService<LocalState>();
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web","Check":{"TTL":"1h"}}""");
        var first = (string)(await agent.GetAsync("/v1/agent/service/web"))["ContentHash"]!;
        var over = await agent.SendAsync("GET", $"/v1/agent/service/web?hash={first}&wait=1ms");
        ((string)JsonNode.Parse(over.Text)!["ContentHash"]!).Should().Be(first);
        over.Headers["X-Consul-Contenthash"].Should().Be(first);
        over.Headers.Should().NotContainKey("X-Consul-Index");
        (await agent.SendAsync("GET", "/v1/agent/service/web?hash=other&wait=10m")).Status.Should().Be(200);
        (await agent.SendAsync("GET", "/v1/agent/service/web?index=1&wait=10m")).Status.Should().Be(200, "an index does not count");

        var waiting = agent.SendAsync("GET", $"/v1/agent/service/web?hash={first}&wait=10m");
        await UntilParkedAsync(agent);
        state.UpdateCheck("service:web", "passing", "fine");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web","Check":{"CheckID":"more","TTL":"1h"}}""");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"db"}""");
        await UntilParkedAsync(agent);
        waiting.IsCompleted.Should().BeFalse("what it looks like has not changed");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web","Port":1}""");
        var second = JsonNode.Parse((await waiting).Text)!;
        ((int)second["Port"]!, (string)second["ContentHash"]! != first).Should().Be((1, true));

        waiting = agent.SendAsync("GET", $"/v1/agent/service/web?hash={second["ContentHash"]}&wait=10m");
        await UntilParkedAsync(agent);
        await PutAsync(agent, "/v1/agent/service/deregister/web", null);
        var gone = await waiting;
        (gone.Status, gone.Text).Should().Be((404, "unknown service ID: web"));
    }

    [Fact] // acl ACL-SEC-3
    public async Task A_waiting_read_ends_with_its_token()
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web"}""");
        var token = await agent.ManageAsync("/v1/acl/token", new JsonObject { ["ServiceIdentities"] = new JsonArray(new JsonObject { ["ServiceName"] = "web" }) });
        var secret = (string)token["SecretID"]!;
        var hash = (string)JsonNode.Parse((await agent.SendAsync("GET", "/v1/agent/service/web", token: secret)).Text)!["ContentHash"]!;
        var waiting = agent.SendAsync("GET", $"/v1/agent/service/web?hash={hash}&wait=10m", token: secret);
        await UntilParkedAsync(agent);
        (await agent.SendAsync("DELETE", "/v1/acl/token/" + token["AccessorID"], token: "root")).Status.Should().Be(200);
        var answer = await waiting;
        (answer.Status, answer.Text).Should().Be((403, "ACL not found"));
    }

    [Fact] // agent-cache CACHE-2, CACHE-30; acl ACL-SEC-2
    public async Task Reads_of_a_service_are_cache_entries_by_token_as_fresh_as_what_is_registered()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync("deny");
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web"}""", "root");
        var accessor = await agent.ManageAsync("/v1/acl/policy", new JsonObject { ["Name"] = "reads", ["Rules"] = "service \"web\" { policy = \"read\" }" });
        var reader = (string)(await agent.ManageAsync("/v1/acl/token", new JsonObject { ["Policies"] = new JsonArray(new JsonObject { ["Name"] = "reads" }) }))["SecretID"]!;
        (await EntriesAsync()).Should().BeEmpty("nobody has read it");

        // When
        (await agent.SendAsync("GET", "/v1/agent/service/nope", token: reader)).Status.Should().Be(404);
        for (var port = 1; port <= 30; port++)
        {
            await PutAsync(agent, "/v1/agent/service/register", $$"""{"Name":"web","Port":{{port}}}""", "root");
            foreach (var token in new[] { reader, "root" })
            {
                var answer = await agent.SendAsync("GET", "/v1/agent/service/web", token: token);
                ((int)JsonNode.Parse(answer.Text)!["Port"]!).Should().Be(port);
                answer.Headers.Should().NotContainKeys("X-Cache", "Age", "X-Consul-Index");
            }
        }

        // Then
        var entries = await EntriesAsync();
        entries.Select(entry => ((string)entry!["Key"]!, (string)entry["Datacenter"]!, (string)entry["State"]!)).Should().Equal(("web", "dc1", "fresh"), ("web", "dc1", "fresh"));
        entries.Select(entry => (string)entry!["Token"]!).Should().OnlyHaveUniqueItems().And.NotContain(reader);

        // When
        var waiting = agent.SendAsync("GET", $"/v1/agent/service/web?hash={JsonNode.Parse((await agent.SendAsync("GET", "/v1/agent/service/web", token: reader)).Text)!["ContentHash"]}&wait=10m", token: reader);
        await UntilParkedAsync(agent);
        await agent.ManageAsync("/v1/acl/policy/" + accessor["ID"], new JsonObject { ["Name"] = "reads", ["Rules"] = "service \"other\" { policy = \"read\" }" });

        // Then
        (await waiting).Status.Should().Be(403);
        await PutAsync(agent, "/v1/agent/service/deregister/web", null, "root");
        (await agent.SendAsync("GET", "/v1/agent/service/web", token: "root")).Status.Should().Be(404);
        (await EntriesAsync()).Should().BeEmpty("its reader has lost the right, and the service is gone");

        async Task<JsonArray> EntriesAsync() =>
            JsonNode.Parse((await agent.SendAsync("GET", "/v1/agent/connect/cache?kind=agent-service", token: "root")).Text)!.AsArray();
    }

    [Fact]
    public async Task A_waiting_read_is_answered_when_the_agent_stops()
    {
        var agent = await InProcessAgent.StartAsync();
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web"}""");
        var hash = (string)(await agent.GetAsync("/v1/agent/service/web"))["ContentHash"]!;
        var waiting = agent.SendAsync("GET", $"/v1/agent/service/web?hash={hash}&wait=10m");
        await UntilParkedAsync(agent);
        agent.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        (await waiting).Status.Should().Be(200);
        await agent.DisposeAsync();
    }

    [Fact] // AG-20, AG-21
    public async Task Maintenance_beats_critical_which_beats_warning_and_checks_of_the_node_count()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var state = agent.Services.GetRequiredService<LocalState>();
        await PutAsync(agent, "/v1/agent/service/register", """{"ID":"a","Name":"web","Checks":[{"CheckID":"z","TTL":"1h","Status":"passing"},{"CheckID":"b","TTL":"1h","Status":"warning"}]}""");
        await PutAsync(agent, "/v1/agent/service/register", """{"ID":"b","Name":"web"}""");
        await HealthIsAsync("id/b", 200, "passing");
        await HealthIsAsync("id/a", 429, "warning");
        await HealthIsAsync("name/web", 429, "warning");
        state.UpdateCheck("z", "critical", "no");
        await HealthIsAsync("id/a", 503, "critical");
        await PutAsync(agent, "/v1/agent/maintenance?enable=true", null);
        await HealthIsAsync("id/b", 503, "maintenance");
        var (_, text, _) = await agent.SendAsync("GET", "/v1/agent/health/service/id/a");
        JsonNode.Parse(text)!["Checks"]!.AsArray().Select(check => (string)check!["CheckID"]!).Should().Equal("_node_maintenance", "b", "z");
        (await agent.SendAsync("GET", "/v1/agent/health/service/id/a%C3%A9")).Headers["X-Consul-Reason"].Should().Be("ServiceId a? not found");
        await HealthIsAsync("id/a%20b", 404, "ServiceId a b not found");

        async Task HealthIsAsync(string path, int status, string reason)
        {
            var answer = await agent.SendAsync("GET", "/v1/agent/health/service/" + path + "?format=text");
            (answer.Status, answer.Text, answer.Headers["X-Consul-Reason"]).Should().Be((status, reason, reason));
        }
    }

    [Fact] // ports.sidecar_min_port, ports.sidecar_max_port
    public async Task The_range_of_ports_of_sidecars_is_configured()
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values =>
            values.Set(PortKeys.KeyOf("sidecar_min_port"), 30000).Set(PortKeys.KeyOf("sidecar_max_port"), 30000));
        await PutAsync(agent, "/v1/agent/service/register", """{"Name":"web","Connect":{"SidecarService":{}}}""");
        ((int)(await agent.GetAsync("/v1/agent/service/web-sidecar-proxy"))["Port"]!).Should().Be(30000);
    }

    private static async Task PutAsync(InProcessAgent agent, string path, string? body, string token = "")
    {
        var (status, text, _) = await agent.SendAsync("PUT", path, body, token);
        (status, text).Should().Be((200, string.Empty));
    }

    private static async Task UntilParkedAsync(InProcessAgent agent)
    {
        var cache = agent.Services.GetRequiredService<AgentCache>();
        while (!cache.Entries.Any(static entry => entry.Key.Kind == "agent-service" && entry.Waiters > 0))
        {
            await Task.Yield();
        }
    }
}
