using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Recordings;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Layer 7 intentions as an operator stores them, decided by the published daemon (intentions section 8).</summary>
public sealed class LayerSevenTests
{
    [Theory] // L7-1 to L7-8
    [InlineData("deny")]
    [InlineData("allow")]
    public async Task The_worked_cases_are_decided_as_worked_out(string policy)
    {
        // Given
        await using var agent = await StartAsync(policy);
        foreach (var set in LayerSevenCase.Sets)
        {
            await PutAsync(agent, set, new JsonObject { ["Name"] = "web", ["Permissions"] = LayerSevenCase.Permissions(set) });
        }

        foreach (var row in LayerSevenCase.All)
        {
            // When
            var decision = await DecideAsync(agent, "/v1/agent/connect/authorize/http", Ask(row));

            // Then
            ((bool)decision["Authorized"]!).Should().Be(policy == "deny" ? row.AllowedUnderDeny : row.AllowedUnderAllow, "row {0}", row.Row);
            ((string)decision["Reason"]!).Should().Contain(row.Decides is { } decides ? $", permission {decides}: " : ", no permission matched, default: ");
        }
    }

    private static Task<AgentProcess> StartAsync(string policy) => AgentProcess.StartAsync(policy == "acl-disabled" ? [] : new JsonObject
    {
        ["acl"] = new JsonObject
        {
            ["enabled"] = true,
            ["default_policy"] = policy,
            ["tokens"] = new JsonObject { ["master"] = "root", ["default"] = "root" },
        },
    });

    private static async Task PutAsync(AgentProcess agent, string destination, params JsonNode[] sources)
    {
        // CE-12: permissions need a destination that speaks HTTP.
        if (destination != "*")
        {
            await WriteAsync(agent, new JsonObject { ["Kind"] = "service-defaults", ["Name"] = destination, ["Protocol"] = "http" });
        }

        await WriteAsync(agent, new JsonObject { ["Kind"] = "service-intentions", ["Name"] = destination, ["Sources"] = new JsonArray(sources) });
    }

    private static async Task WriteAsync(AgentProcess agent, JsonObject entry)
    {
        using var body = new StringContent(entry.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await agent.Http.PutAsync(new Uri("/v1/config", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<JsonNode> DecideAsync(AgentProcess agent, string path, JsonObject question)
    {
        using var body = new StringContent(question.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await agent.Http.PostAsync(new Uri(path, UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    private static JsonObject Ask(LayerSevenCase row)
    {
        var headers = new JsonObject();
        foreach (var name in row.Headers.GroupBy(header => header.Key))
        {
            headers[name.Key] = new JsonArray([.. name.Select(header => JsonValue.Create(header.Value))]);
        }

        return new JsonObject
        {
            ["Target"] = row.Set,
            ["ClientCertURI"] = "spiffe://x.consul/ns/default/dc/dc1/svc/web",
            ["Method"] = row.Method,
            ["Path"] = row.Path,
            ["Headers"] = headers,
        };
    }
}
