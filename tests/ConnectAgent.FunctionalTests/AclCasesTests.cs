using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The 239 recorded decisions, asked of the published daemon through its HTTP API (acl section 6.7, ACL-AUZ-1).</summary>
public sealed class AclCasesTests
{
    [Theory]
    [InlineData("deny")]
    [InlineData("allow")]
    public async Task The_daemon_decides_as_recorded(string defaultPolicy)
    {
        // Given
        var set = JsonNode.Parse(await File.ReadAllTextAsync(Repository.Fixture("recordings/acl-authorize-cases.json")))!["sets"]!.AsArray()
            .Single(candidate => (string)candidate!["default_policy"]! == defaultPolicy)!;
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = defaultPolicy,
                ["tokens"] = new JsonObject { ["initial_management"] = "root" },
            },
        });
        var asked = 0;
        foreach (var group in set["groups"]!.AsArray())
        {
            var token = await TokenAsync(agent, group!, asked);
            foreach (var cases in group!["cases"]!.AsArray().Chunk(64))
            {
                // When
                var questions = new JsonArray([.. cases.Select(row => new JsonObject
                {
                    ["Resource"] = row!["Resource"]!.DeepClone(),
                    ["Segment"] = row["Segment"]!.DeepClone(),
                    ["Access"] = row["Access"]!.DeepClone(),
                })]);
                var answers = (await SendAsync(agent, HttpMethod.Post, "/v1/internal/acl/authorize", questions, token)).AsArray();

                // Then
                answers.Select(answer => (bool)answer!["Allow"]!).Should().Equal(
                    cases.Select(row => (bool)row!["Allow"]!), "{0}: {1}", group["name"], questions.ToJsonString());
                asked += cases.Length;
            }
        }

        asked.Should().Be(set["groups"]!.AsArray().Sum(group => group!["cases"]!.AsArray().Count)).And.BePositive();
    }

    // One token for each group, with its policies in their order and its identities.
    private static async Task<string> TokenAsync(AgentProcess agent, JsonNode group, int seed)
    {
        var links = new JsonArray();
        var number = 0;
        foreach (var policy in group["policies"]!.AsArray())
        {
            var name = (string?)policy!["Name"];
            if (name is null)
            {
                name = $"p{seed}-{number++}";
                var body = policy.DeepClone().AsObject();
                body["Name"] = name;
                await SendAsync(agent, HttpMethod.Put, "/v1/acl/policy", body, "root");
            }

            links.Add(new JsonObject { ["Name"] = name });
        }

        var draft = new JsonObject { ["Policies"] = links };
        foreach (var identities in new[] { "ServiceIdentities", "NodeIdentities" })
        {
            if (group[identities] is { } given)
            {
                draft[identities] = given.DeepClone();
            }
        }

        return (string)(await SendAsync(agent, HttpMethod.Put, "/v1/acl/token", draft, "root"))["SecretID"]!;
    }

    private static async Task<JsonNode> SendAsync(AgentProcess agent, HttpMethod method, string path, JsonNode body, string token)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Consul-Token", token);
        using var answer = await agent.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).Should().Be(200, text);
        return JsonNode.Parse(text)!;
    }
}
