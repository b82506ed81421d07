using System.Text.Json.Nodes;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Configuration;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Checks;

/// <summary>The checks of this agent over HTTP: what the recording does not show (services AG-8 to AG-12, REG-11).</summary>
public sealed class CheckEndpointsTests
{
    private const string Scripts = "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true";

    [Theory] // REG-11, CONV-8, AG-9
    [InlineData("""{"Name":"z","AliasService":"a","HTTP":"http://a","Interval":"1s"}""", 400, "Invalid check: Interval cannot be set for Alias checks")]
    [InlineData("""{"Name":"z","TTL":"1s","OutputMaxSize":-1}""", 400, "Invalid check: MaxOutputMaxSize must be positive")]
    [InlineData("""{"Name":"z","H2PING":"a:1"}""", 400, "Invalid check: Interval must be > 0 for Script, HTTP, H2PING, or TCP checks")]
    [InlineData("""{"Name":"z","ID":"serfHealth","TTL":"1s"}""", 400, "Invalid check: ID \"serfHealth\" is reserved for the node's own check")]
    [InlineData("""{"Name":"connect-agent","TTL":"1s"}""", 400, "Invalid check: Name \"connect-agent\" is reserved for the node's own check")]
    [InlineData("""{"Name":"z","ID":"..","TTL":"1s"}""", 400, "Invalid check: ID \"..\" has \".\" or \"..\" between slashes, which clients take out of paths")]
    [InlineData("""{"Name":"z\t","TTL":"1s"}""", 400, "Invalid check: Name \"z\\t\" has a character that is not printable")]
    [InlineData("""{"Name":"z","GRPC":"a:1"}""", 400, "Invalid check: Interval must be > 0 for Script, HTTP, H2PING, or TCP checks")]
    [InlineData("""{"Name":"z","TTL":"1x"}""", 400, "Request decode failed: time: unknown unit \"x\" in duration \"1x\"")]
    [InlineData("""{"Name":"z","TTL":"1s","ServiceID":"nope"}""", 404, "ServiceID \"nope\" does not exist")]
    [InlineData("""{"Name":"z","script_args":["true"],"Interval":"1s"}""", 500, Scripts)]
    [InlineData("""{"Name":"z","ScriptArgs":["true"],"DockerContainerID":"abc","Interval":"1s"}""", 500, Scripts)]
    [InlineData("", 400, "Request decode failed: EOF")]
    public async Task A_registration_that_is_refused_leaves_nothing(string body, int status, string text)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var answer = await agent.SendAsync("PUT", "/v1/agent/check/register", body);
        (answer.Status, answer.Text).Should().Be((status, text));
        if (text == Scripts)
        {
            answer.Headers["X-Connect-Agent-Setting"].Should().Be("enable_script_checks");
        }

        (await agent.GetAsync("/v1/agent/checks")).ToJsonString().Should().Be("{}");
    }

    [Theory] // AG-9: also inside a service, and inside its sidecar
    [InlineData("""{"Name":"a","Check":{"Args":["true"],"Interval":"1s"}}""")]
    [InlineData("""{"Name":"a","Connect":{"SidecarService":{"Checks":[{"Args":["true"],"Interval":"1s"}]}}}""")]
    public async Task A_service_with_a_script_is_refused_unless_the_key_is_set(string body)
    {
        await using (var agent = await InProcessAgent.StartAsync(configure: values => values.Set(CheckKeys.EnableLocalScripts, true)))
        {
            var (status, text, _) = await agent.SendAsync("PUT", "/v1/agent/service/register", body);
            (status, text).Should().Be((500, Scripts));
            agent.Services.GetRequiredService<LocalState>().Current.Services.Should().BeEmpty();
        }

        await using var enabled = await InProcessAgent.StartAsync(configure: values => values.Set(CheckKeys.EnableScripts, true));
        (await enabled.SendAsync("PUT", "/v1/agent/service/register", body)).Status.Should().Be(200);
    }

    [Theory] // CHK-8, GOREQ-12
    [InlineData("""{"Args":["true"],"Interval":"10s"}""", "script")]
    [InlineData("""{"Args":["true"],"DockerContainerID":"abc","Shell":"/bin/bash","Interval":"10s"}""", "docker")]
    [InlineData("""{"H2PING":"127.0.0.1:1","H2PingUseTLS":false,"Interval":"10s"}""", "h2ping")]
    [InlineData("""{"GRPC":"127.0.0.1:1","Interval":"10s"}""", "grpc")]
    [InlineData("""{"UDP":"127.0.0.1:1","Interval":"10s"}""", "udp")]
    [InlineData("""{"OSService":"sshd","Interval":"10s"}""", "os_service")]
    public async Task Every_type_can_be_registered_and_is_told(string check, string type)
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values => values.Set(CheckKeys.EnableScripts, true));
        var body = JsonNode.Parse(check)!;
        (body["Name"], body["ServiceID"]) = ("c", "a");
        (await agent.SendAsync("PUT", "/v1/agent/service/register", """{"Name":"a","Tags":["t"]}""")).Status.Should().Be(200);
        (await agent.SendAsync("PUT", "/v1/agent/check/register", body.ToJsonString())).Status.Should().Be(200);
        var shown = (await agent.GetAsync("/v1/agent/checks"))["c"]!;
        ((string?)shown["Type"], (string?)shown["ServiceID"], (string?)shown["ServiceName"], (string?)shown["ServiceTags"]![0], (string?)shown["Interval"])
            .Should().Be((type, "a", "a", "t", "10s"));
        shown["Definition"]!.ToJsonString().Should().Be("{}", "the definition is never shown (DATA-9)");
    }

    [Fact] // AG-12, AG-11
    public async Task An_ID_may_hold_slashes_and_colons()
    {
        await using var agent = await InProcessAgent.StartAsync();
        await agent.SendAsync("PUT", "/v1/agent/check/register", """{"ID":"a/b:c d","Name":"n","TTL":"1h"}""");
        foreach (var (verb, status) in new[] { ("pass", "passing"), ("warn", "warning"), ("fail", "critical") })
        {
            (await agent.SendAsync("PUT", $"/v1/agent/check/{verb}/a/b:c%20d?note=it+is")).Status.Should().Be(200);
            var check = (await agent.GetAsync("/v1/agent/checks"))["a/b:c d"]!;
            ((string?)check["Status"], (string?)check["Output"]).Should().Be((status, "it is"));
        }

        (await agent.SendAsync("PUT", "/v1/agent/check/deregister/a/b:c%20d")).Status.Should().Be(200);
        (await agent.GetAsync("/v1/agent/checks")).ToJsonString().Should().Be("{}");
    }

    [Fact] // AG-11: what was answered outlives a kill
    public async Task An_update_is_answered_when_another_status_is_on_disk()
    {
        await using var agent = await InProcessAgent.StartAsync(forProduction: true);
        var store = agent.Services.GetRequiredService<LocalStore>();
        (await agent.SendAsync("PUT", "/v1/agent/check/register", """{"Name":"c","TTL":"1h"}""")).Status.Should().Be(200);
        foreach (var (verb, status) in new[] { ("pass", "passing"), ("fail", "critical"), ("warn", "warning") })
        {
            (await agent.SendAsync("PUT", $"/v1/agent/check/{verb}/c")).Status.Should().Be(200);
            store.Current.Find(store.Tables.Results, "c")!.Status.Should().Be(status);
        }
    }

    [Fact] // AG-11: the status before the ID; CHK-2
    public async Task An_update_is_of_a_TTL_check_and_its_output_is_bounded()
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values => values.Set(CheckKeys.OutputSize, 4));
        await agent.SendAsync("PUT", "/v1/agent/check/register", """{"Name":"ttl","TTL":"1h"}""");
        await agent.SendAsync("PUT", "/v1/agent/check/register", """{"Name":"tcp","TCP":"127.0.0.1:1","Interval":"1h"}""");
        await AnswersAsync("/v1/agent/check/update/nope", """{"Status":"ok"}""", 400, "Invalid check status: 'ok'");
        await AnswersAsync("/v1/agent/check/update/nope", """{"Status":"passing"}""", 404, "CheckID \"nope\" does not have associated TTL");
        await AnswersAsync("/v1/agent/check/update/tcp", """{"Status":"passing"}""", 404, "CheckID \"tcp\" does not have associated TTL");
        await AnswersAsync("/v1/agent/check/update/", """{"Status":"passing"}""", 404, "CheckID \"\" does not have associated TTL");
        await AnswersAsync("/v1/agent/check/update/ttl", "[]", 400, "Request decode failed: json: cannot unmarshal array into Go value of type agent.checkUpdate");
        await AnswersAsync("/v1/agent/check/update/ttl", """{"Status":"warning","Output":"abcdef"}""", 200, string.Empty);
        ((string?)(await agent.GetAsync("/v1/agent/checks"))["ttl"]!["Output"]).Should().Be("abcd ... (captured 4 of 6 bytes)");

        async Task AnswersAsync(string path, string body, int status, string text)
        {
            var answer = await agent.SendAsync("PUT", path, body);
            (answer.Status, answer.Text).Should().Be((status, text));
        }
    }

    [Fact] // acl section 7, rows 13 and 17; AG-10
    public async Task Rights_are_those_to_the_checks_service_and_else_to_the_node()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync("deny", configure: values => values.Set(NodeKeys.NodeName, "node1"));
        var web = await agent.TokenAsync("service \"web\" { policy = \"write\" }");
        var node = await agent.TokenAsync("node \"node1\" { policy = \"write\" }");
        foreach (var name in new[] { "web", "db" })
        {
            (await agent.SendAsync("PUT", "/v1/agent/service/register", $$"""{"Name":"{{name}}","Check":{"TTL":"1h"} }""", "root")).Status.Should().Be(200);
        }

        // When, Then: a service's
        await RefusedAsync("/v1/agent/check/register", """{"Name":"c","ServiceID":"web","TTL":"1h"}""", node, "service:write on web");
        await RefusedAsync("/v1/agent/check/register", """{"Name":"c","TTL":"1h"}""", web, "node:write on node1");
        await RefusedAsync("/v1/agent/check/pass/service:web", null, node, "service:write on web");
        await RefusedAsync("/v1/agent/check/update/service:db", """{"Status":"passing"}""", web, "service:write on db");
        await RefusedAsync("/v1/agent/check/deregister/service:db", null, web, "service:write on db");

        // Nobody takes over the check of another one.
        await RefusedAsync("/v1/agent/check/register", """{"ID":"service:db","Name":"c","ServiceID":"web","TTL":"1h"}""", web, "service:write on db");

        // What is allowed
        (await agent.SendAsync("PUT", "/v1/agent/check/register", """{"Name":"n","TTL":"1h"}""", node)).Status.Should().Be(200);
        (await agent.SendAsync("PUT", "/v1/agent/check/pass/service:web", token: web)).Status.Should().Be(200);
        (await SeenAsync(web)).Should().Be("service:web");
        (await SeenAsync(node)).Should().Be("n");
        (await SeenAsync("root")).Should().Be("n service:db service:web");
        var unknown = await agent.SendAsync("PUT", "/v1/agent/check/deregister/nope", token: web);
        (unknown.Status, unknown.Text).Should().Be((404, "Unknown check ID \"nope\". Ensure that the check ID is passed, not the check name."));

        async Task RefusedAsync(string path, string? body, string token, string right)
        {
            var (status, text, _) = await agent.SendAsync("PUT", path, body, token);
            (status, text).Should().Be((403, "Permission denied: Missing " + right));
        }

        async Task<string> SeenAsync(string token) => string.Join(
            ' ', JsonNode.Parse((await agent.SendAsync("GET", "/v1/agent/checks", token: token)).Text)!.AsObject().Select(pair => pair.Key));
    }

    [Theory] // FILT-3, CONV-14
    [InlineData("Status==passing", 200, "a")]
    [InlineData("Type==tcp", 200, "b")]
    [InlineData("Definition is empty", 400, "")]
    public async Task A_filter_tests_the_checks_and_keeps_their_keys(string filter, int status, string ids)
    {
        await using var agent = await InProcessAgent.StartAsync();
        await agent.SendAsync("PUT", "/v1/agent/check/register", """{"Name":"a","TTL":"1h","Status":"passing"}""");
        await agent.SendAsync("PUT", "/v1/agent/check/register", """{"Name":"b","TCP":"127.0.0.1:1","Interval":"1h"}""");
        var answer = await agent.SendAsync("GET", "/v1/agent/checks?filter=" + Uri.EscapeDataString(filter));
        answer.Status.Should().Be(status);
        if (status == 200)
        {
            string.Join(' ', JsonNode.Parse(answer.Text)!.AsObject().Select(pair => pair.Key)).Should().Be(ids);
        }
    }
}
