using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The recorded decisions through the HTTP API.</summary>
public sealed class AuthorizeCasesTests
{
    public static TheoryData<string> Groups() => [.. Load().Select(group => (string)group["name"]!)];

    [Theory] // AUTHZ-20 to AUTHZ-25, ICHK-2, ICHK-3
    [MemberData(nameof(Groups))]
    public async Task The_agent_decides_as_recorded(string name)
    {
        // Given
        var group = Load().Single(candidate => (string)candidate["name"]! == name);
        var policy = (string)group["default_policy"]!;
        await using var agent = await AgentProcess.StartAsync(policy == "acl-disabled" ? [] : new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = policy,
                ["tokens"] = new JsonObject { ["master"] = "root", ["default"] = "root" },
            },
        });
        using (var defaults = new StringContent("""{"Kind":"proxy-defaults","Config":{"protocol":"http"}}"""))
        {
            // Permissions need it (CE-12).
            using var put = await agent.Http.PutAsync(new Uri("/v1/config", UriKind.Relative), defaults);
            put.EnsureSuccessStatusCode();
        }

        foreach (var intention in group["intentions"]!.AsArray())
        {
            using var body = new StringContent(new JsonObject
            {
                ["Action"] = (string?)intention!["action"],
                ["Permissions"] = intention["permissions"]?.DeepClone(),
            }.ToJsonString());
            using var put = await agent.Http.PutAsync(Exact((string)intention["source"]!, (string)intention["destination"]!), body);
            put.EnsureSuccessStatusCode();
        }

        foreach (var check in group["checks"]!.AsArray().Select(node => node!))
        {
            // When
            var (source, destination) = ((string)check["source"]!, (string)check["destination"]!);
            var uri = $"spiffe://x.consul/ns/{(string?)check["source_namespace"] ?? "default"}/dc/dc1/svc/{source}";
            using var body = new StringContent(
                new JsonObject { ["Target"] = destination, ["ClientCertURI"] = uri }.ToJsonString(), Encoding.UTF8, "application/json");
            using var answer = await agent.Http.PostAsync(new Uri("/v1/agent/connect/authorize", UriKind.Relative), body);

            // Then
            var decision = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
            ((bool)decision["Authorized"]!, (string)decision["Reason"]!).Should().Be(((bool)check["allowed"]!, (string)check["reason"]!));
            if (check["check_allowed"] is { } allowed)
            {
                var path = $"/v1/connect/intentions/check?source={Uri.EscapeDataString(source)}&destination={Uri.EscapeDataString(destination)}";
                var checkedNow = JsonNode.Parse(await agent.Http.GetStringAsync(new Uri(path, UriKind.Relative)))!;
                ((bool)checkedNow["Allowed"]!).Should().Be((bool)allowed, "{0} => {1}", source, destination);
            }
        }
    }

    private static Uri Exact(string source, string destination) => new(
        $"/v1/connect/intentions/exact?source={Uri.EscapeDataString(source)}&destination={Uri.EscapeDataString(destination)}", UriKind.Relative);

    private static List<JsonObject> Load() =>
        [.. JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/authorize-cases.json")))!.AsArray().Select(group => group!.AsObject())];
}
