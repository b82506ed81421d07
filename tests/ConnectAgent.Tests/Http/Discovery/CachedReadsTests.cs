using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Discovery;

/// <summary>What <c>?cached</c> does on each path that has it, with an own control plane and in front of servers (services CAT-17, agent-cache CACHE-42).</summary>
public sealed class CachedReadsTests
{
    private static readonly (string Path, string Kind)[] Reads =
    [
        ("/v1/catalog/datacenters", "catalog-datacenters"),
        ("/v1/catalog/services", "catalog-list-services"),
        ("/v1/catalog/service/web", "catalog-services"),
        ("/v1/catalog/connect/web", "catalog-services"),
        ("/v1/health/service/web", "health-services"),
        ("/v1/health/connect/web", "health-services"),
        ("/v1/health/ingress/web", "health-services"),
        ("/v1/discovery-chain/web", "compiled-discovery-chain"),
        ("/v1/connect/intentions/match?by=destination&name=web", "intention-match"),
        ("/v1/query/q/execute", "prepared-query"),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_is_one_of_the_cache_when_it_says_so_and_is_shown_there(bool isInFront)
    {
        // Given
        await using var server = await InProcessAgent.StartAsync();
        await server.SendAsync("PUT", "/v1/agent/service/register", """{"Name":"web","Connect":{"Native":true}}""");
        await server.SendAsync("POST", "/v1/query", """{"Name":"q","Service":{"Service":"web"}}""");
        await using var client = isInFront ? await InProcessAgent.StartAsync(configure: values => InProcessAgent.PutInFrontOf(values, server.Address)) : null;
        var agent = client ?? server;
        foreach (var (path, kind) in Reads)
        {
            // When
            var before = await EntriesAsync(agent, kind);
            var direct = await agent.SendAsync("GET", path);
            direct.Headers.Should().NotContainKey("X-Cache", path);
            (await EntriesAsync(agent, kind)).Should().Be(before, "{0} without it makes no entry", path);
            var cached = path + (path.Contains('?', StringComparison.Ordinal) ? "&cached" : "?cached");
            var first = await agent.SendAsync("GET", cached);
            var second = await agent.SendAsync("GET", cached);

            // Then
            (first.Status, first.Headers["X-Cache"]).Should().Be((200, "MISS"), path);
            first.Headers.Should().NotContainKey("Age");
            second.Headers["X-Cache"].Should().Be("HIT", path);
            second.Headers.Should().ContainKey("Age");
            second.Text.Should().Be(first.Text);

            // Any server may answer an agent, and a prepared query says so (PQ-4).
            first.Text.Replace("\"stale\"", "\"leader\"", StringComparison.Ordinal).Should().Be(direct.Text);
            (await EntriesAsync(agent, kind)).Should().Be(before + 1, path);
        }
    }

    private static async Task<int> EntriesAsync(InProcessAgent agent, string kind) =>
        (await agent.GetAsync("/v1/agent/connect/cache?kind=" + kind)).AsArray().Count;
}
