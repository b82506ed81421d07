using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>authorize/http and the strict mode on the published daemon, as far as they need no permissions (intentions L7-8, DEF-3, DEF-5).</summary>
public sealed class AuthorizeRequestTests
{
    private const string OurDomain = "11111111-2222-3333-4444-555555555555.consul";

    [Fact]
    public async Task The_published_daemon_answers_about_requests_explains_and_refuses_foreign_peers()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["default_intention_policy"] = "deny",
            ["connect"] = new JsonObject { ["authorize_strict"] = true, ["authorize_datacenters"] = new JsonArray("dc2") },
        });
        (await AskAsync(agent, "authorize/http", OurDomain, "dc2")).ToJsonString().Should().Be(
            """{"Authorized":false,"Reason":"Default behavior configured by default_intention_policy"}""");
        (await AskAsync(agent, "authorize/http", "x.consul", "dc1")).ToJsonString().Should().Contain("Mismatched trust domains");
        (await AskAsync(agent, "authorize/http", OurDomain, "dc3")).ToJsonString().Should().Contain("Mismatched datacenters");
        var explained = await AskAsync(agent, "authorize/http?explain", OurDomain, "dc1");
        ((string)explained["DecidedBy"]!, (string)explained["Cache"]!["State"]!).Should().Be(("default", "HIT"));
        agent.Process.Errors.Should().BeEmpty();
    }

    [Theory]
    [InlineData("default_intention_policy", "maybe", "Unsupported default intention policy: maybe")]
    [InlineData("connect", """{"authorize_datacenters":["a b"]}""", "connect.authorize_datacenters can only contain lowercase alphanumeric, - or _ characters. received: \"a b\"")]
    public async Task A_bad_setting_stops_the_start(string key, string value, string error)
    {
        using var folder = new TemporaryFolder();
        var config = AgentProcess.Base(folder.Path);
        config[key] = value.StartsWith('{') ? JsonNode.Parse(value) : value;
        var file = folder.Write("config.json", config.ToJsonString());
        var (code, _, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["agent", "-config-file", file]);
        code.Should().Be(1);
        errors.Should().Contain(error);
    }

    private static async Task<JsonNode> AskAsync(AgentProcess agent, string path, string domain, string datacenter)
    {
        var question = new JsonObject
        {
            ["Target"] = "db",
            ["ClientCertURI"] = $"spiffe://{domain}/ns/default/dc/{datacenter}/svc/web",
            ["Method"] = "GET",
            ["Path"] = "/",
        };
        using var body = new StringContent(question.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await agent.Http.PostAsync(new Uri("/v1/agent/connect/" + path, UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }
}
