using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>What the log and the metrics of the published daemon say about tokens (acl ACL-ERR-12, section 11), and the reset of bootstrap.</summary>
public sealed class AclLogTests
{
    private const string Root = "11111111-aaaa-bbbb-cccc-000000000001";
    private const string Nobody = "12345678-1234-1234-1234-123456789012";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact] // ACL-ERR-12, ACL-DEF-8, ACL-DEF-11
    public async Task A_denial_is_told_to_the_log_and_to_the_metrics_but_not_to_the_caller()
    {
        // Given
        await using var agent = await StartAsync(Root);
        var made = JsonNode.Parse((await SendAsync(agent, "PUT", "/v1/acl/token", Root, """{"ServiceIdentities":[{"ServiceName":"web"}]}""")).Body)!;
        var (accessor, secret) = ((string)made["AccessorID"]!, (string)made["SecretID"]!);

        // When
        (await SendAsync(agent, "GET", "/v1/agent/connect/ca/leaf/db", secret)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "GET", "/v1/agent/self", secret)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "GET", "/v1/acl/tokens", string.Empty)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "GET", "/v1/agent/self", Nobody)).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, "GET", "/v1/acl/tokens", Root)).Status.Should().Be(200);

        // Then
        await agent.Process.SeenAsync("Tokens listed with their secrets: accessor=", Patience);
        agent.Process.Output.Should().Contain($"accessor={accessor} missing=service:write name=db")
            .And.Contain($"accessor={accessor} missing=agent:read name=node1")
            .And.Contain("accessor=00000000-0000-0000-0000-000000000002 missing=acl:read name=")
            .And.MatchRegex("\\[INFO\\] .*Tokens listed with their secrets: accessor=[0-9a-f-]{36} count=3")
            .And.NotContain(secret).And.NotContain(Root).And.NotContain(Nobody);
        var metrics = (await SendAsync(agent, "GET", "/v1/agent/metrics?format=prometheus", Root)).Body;
        ValueOf(metrics, "connect_agent_acl_denials_total", "resource=\"service\"").Should().Be(1);
        ValueOf(metrics, "connect_agent_acl_denials_total", "resource=\"agent\"").Should().Be(1);
        ValueOf(metrics, "connect_agent_acl_denials_total", "resource=\"acl\"").Should().Be(1);
        ValueOf(metrics, "connect_agent_acl_unknown_tokens_total", string.Empty).Should().Be(1);
    }

    [Fact] // ACL-DEF-5
    public async Task A_callers_mistake_is_500_but_no_fault_of_ours()
    {
        await using var agent = await StartAsync(Root);
        (await SendAsync(agent, "PUT", "/v1/acl/policy", Root, """{"Name":"p","Rules":"operator = \"bad\""}""")).Should().Be(
            (500, "Invalid operator policy: \"bad\""));
        (await SendAsync(agent, "PUT", "/v1/acl/token", Root, """{"SecretID":"x"}""")).Status.Should().Be(500);
        (await SendAsync(agent, "GET", "/v1/acl/token/x", Root)).Status.Should().Be(500);
        var metrics = (await SendAsync(agent, "GET", "/v1/agent/metrics?format=prometheus", Root)).Body;
        ValueOf(metrics, "connect_agent_http_errors_total", "fault=\"client\"").Should().BeGreaterThanOrEqualTo(3);
        ValueOf(metrics, "connect_agent_http_errors_total", "fault=\"server\"").Should().Be(0);
        await agent.Process.SeenAsync("Invalid operator policy", Patience);
        (agent.Process.Output + agent.Process.Errors).Should().NotContain("   at ").And.NotContain("[ERROR]");
    }

    [Fact] // ACL-RULE-3, ACL-DEF-3
    public async Task A_misspelled_kind_is_warned_of_or_refused()
    {
        const string Body = """{"Name":"typo","Rules":"servise \"web\" { policy = \"deny\" }"}""";
        await using (var agent = await StartAsync(Root))
        {
            (await SendAsync(agent, "PUT", "/v1/acl/policy", Root, Body)).Status.Should().Be(200);
            await agent.Process.SeenAsync("policy=typo kinds=servise", Patience);
        }

        await using var strict = await StartAsync(Root, new JsonObject { ["acl_strict_rules"] = true });
        (await SendAsync(strict, "PUT", "/v1/acl/policy", Root, Body)).Should().Be((500, "Invalid Policy: unknown kind of rule: \"servise\""));
    }

    [Fact] // ACL-BOOT-2 to ACL-BOOT-4
    public async Task Bootstrap_can_be_done_again_with_the_right_reset_index_once()
    {
        // Given
        const string Path = "/v1/acl/bootstrap";
        const string Chosen = "99999999-aaaa-bbbb-cccc-000000000002";
        await using var agent = await StartAsync(string.Empty);
        var file = System.IO.Path.Combine(agent.Folder, "data", "acl-bootstrap-reset");
        var first = JsonNode.Parse((await SendAsync(agent, "PUT", Path, string.Empty)).Body)!;
        ((string)first["ID"]!).Should().Be((string)first["SecretID"]!);
        var refused = await SendAsync(agent, "PUT", Path, (string)first["SecretID"]!);
        refused.Should().Be((403, $"Permission denied: ACL bootstrap no longer allowed (reset index: {IndexOf(refused.Body)})"));
        var index = IndexOf(refused.Body);

        // A wrong index is refused, and the file stays to be corrected; what is no number is none.
        await File.WriteAllTextAsync(file, "7777777");
        (await SendAsync(agent, "PUT", Path, string.Empty)).Should().Be(
            (500, $"Invalid bootstrap reset index (specified 7777777, reset index: {index})"));
        File.Exists(file).Should().BeTrue();
        await File.WriteAllTextAsync(file, "soon");
        (await SendAsync(agent, "PUT", Path, string.Empty)).Should().Be(refused);

        // A bad secret does not use the reset up.
        await File.WriteAllTextAsync(file, index + "\n");
        (await SendAsync(agent, "PUT", Path, string.Empty, """{"BootstrapSecret":"short"}""")).Status.Should().Be(500);
        (await SendAsync(agent, "PUT", Path, string.Empty, new JsonObject { ["BootstrapSecret"] = (string)first["SecretID"]! }.ToJsonString()))
            .Should().Be((500, "Provided token cannot be used because a token with that secret already exists."));
        File.Exists(file).Should().BeTrue();

        // When
        var second = await SendAsync(agent, "PUT", Path, string.Empty, $$"""{"BootstrapSecret":"{{Chosen}}"}""");

        // Then
        ((string)JsonNode.Parse(second.Body)!["SecretID"]!).Should().Be(Chosen);
        File.Exists(file).Should().BeFalse();
        (await SendAsync(agent, "PUT", Path, string.Empty)).Status.Should().Be(403);
        (await SendAsync(agent, "GET", "/v1/acl/token/self", Chosen)).Status.Should().Be(200);
        (await SendAsync(agent, "GET", "/v1/acl/token/self", (string)first["SecretID"]!)).Status.Should().Be(200);
    }

    private static Task<AgentProcess> StartAsync(string management, JsonObject? own = null) => AgentProcess.StartAsync(new JsonObject
    {
        ["log_level"] = "debug",
        ["telemetry"] = new JsonObject { ["prometheus_retention_time"] = "60s" },
        ["acl"] = new JsonObject
        {
            ["enabled"] = true,
            ["default_policy"] = "deny",
            ["tokens"] = new JsonObject { ["initial_management"] = management },
        },
        ["connect_agent"] = own ?? [],
    });

    private static async Task<(int Status, string Body)> SendAsync(AgentProcess agent, string method, string path, string token, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : new StringContent(body);
        if (token.Length > 0)
        {
            request.Headers.Add("X-Consul-Token", token);
        }

        using var answer = await agent.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static string IndexOf(string text) => Regex.Match(text, "(?<=\\(reset index: )[0-9]+", RegexOptions.None, Patience).Value;

    private static double ValueOf(string metrics, string name, string label) => double.Parse(
        metrics.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal)).Split(' ')[^1],
        System.Globalization.CultureInfo.InvariantCulture);
}
