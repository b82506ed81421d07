using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Consul's client for Node.js (npm package <c>consul</c>), unchanged, registers, checks, finds and watches (tests/node-client/client.js).</summary>
public sealed class NodeClientTests
{
    private const int Steps = 10;

    [Fact]
    public async Task An_unchanged_client_for_Node_works_with_agent_catalog_health_and_queries()
    {
        // Given
        await using var agent = await AgentProcess.StartAsync();

        // When
        var (code, output, errors) = await RunningProcess.RunAsync(
            "node", [Path.Combine(Repository.Root, "tests", "node-client", "client.js"), $"{agent.Http.BaseAddress!.Port}"]);

        // Then
        (code, errors).Should().Be((0, string.Empty), output);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(Steps).And.OnlyContain(static line => line.StartsWith("ok: "));
    }
}
