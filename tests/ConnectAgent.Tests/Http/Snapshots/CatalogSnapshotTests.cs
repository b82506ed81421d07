using System.Text.Json.Nodes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Snapshots;

/// <summary>A snapshot holds the catalog and prepared queries; what is registered with the agent itself is its node's own (docs/operations.md).</summary>
public sealed class CatalogSnapshotTests : IAsyncLifetime
{
    private const string External = """
        {"Node":"ext","ID":"11111111-2222-3333-4444-555555555555","Address":"10.0.0.7","TaggedAddresses":{"wan":"1.1.1.7"},"NodeMeta":{"external":"true"},
         "Service":{"ID":"pg-1","Service":"postgres","Tags":["primary"],"Port":5432,"Meta":{"v":"1"},"Weights":{"Passing":3,"Warning":0},"TaggedAddresses":{"wan":{"Address":"1.1.1.7","Port":443}}},
         "Checks":[{"Name":"up","Status":"warning","Output":"slow","ServiceID":"pg-1","Definition":{"HTTP":"http://10.0.0.7/","Interval":"10s"}},{"CheckID":"ping","Name":"ping","Status":"passing"}]}
        """;

    private static readonly string[] Reads =
        ["/v1/catalog/node/ext", "/v1/health/service/postgres", "/v1/health/node/ext", "/v1/catalog/connect/postgres", "/v1/query", "/v1/query/db-x/explain"];

    private InProcessAgent _agent = null!;

    public async Task InitializeAsync() => _agent = await InProcessAgent.StartAsync("deny");

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact] // CAT-1, PQ-1, FA-7: all of it, with its indexes
    public async Task What_the_catalog_and_prepared_queries_hold_comes_back()
    {
        // Given
        await DoAsync("PUT", "/v1/catalog/register", External);
        await DoAsync(
            "PUT",
            "/v1/catalog/register",
            """{"Node":"ext","SkipNodeUpdate":true,"Service":{"Service":"pg-proxy","Kind":"connect-proxy","Port":1,"Proxy":{"DestinationServiceName":"postgres","Config":{"a":null}}}}""");
        var query = (string)JsonNode.Parse(await DoAsync(
            "POST",
            "/v1/query",
            """{"Name":"db","Template":{"Type":"name_prefix_match","Regexp":"^db-(.)$"},"Token":"root","Service":{"Service":"postgres","Tags":[],"NodeMeta":{"external":"true"},"Near":"${match(1)}"}}"""))!["ID"]!;
        var before = await ReadAsync();
        var archive = await SaveAsync();

        // When
        await DoAsync("PUT", "/v1/catalog/deregister", """{"Node":"ext"}""");
        await DoAsync("DELETE", "/v1/query/" + query, null);
        (await ReadAsync()).Should().NotEqual(before);
        await RestoreAsync(archive);

        // Then
        (await ReadAsync()).Should().Equal(before);
        before.Should().OnlyContain(static answer => answer.StartsWith("200 ")).And.Contain(static answer => answer.Contains("\"x\"", StringComparison.Ordinal));
    }

    [Fact] // AE-1: OwnServerTests has how the catalog follows it
    public async Task What_is_registered_with_the_agent_itself_is_in_no_snapshot()
    {
        // Given
        await DoAsync("PUT", "/v1/agent/service/register", """{"Name":"old","Port":1}""");
        var archive = await SaveAsync();
        await DoAsync("PUT", "/v1/agent/service/deregister/old", null);
        await DoAsync("PUT", "/v1/agent/service/register", """{"Name":"new","Port":2,"Check":{"TTL":"60s","Status":"passing"}}""");

        // When
        await RestoreAsync(archive);

        // Then
        JsonNode.Parse(await DoAsync("GET", "/v1/agent/services", null))!.AsObject().Select(static service => service.Key).Should().Equal("new");
        JsonNode.Parse(await DoAsync("GET", "/v1/agent/checks", null))!.AsObject().Select(static check => check.Key).Should().Equal("service:new");
    }

    private async Task<byte[]> SaveAsync()
    {
        using var http = new HttpClient { BaseAddress = _agent.Address };
        http.DefaultRequestHeaders.Add("X-Consul-Token", "root");
        return await http.GetByteArrayAsync(new Uri("/v1/snapshot", UriKind.Relative));
    }

    private async Task RestoreAsync(byte[] archive) =>
        (await _agent.ExchangeAsync(HttpMethod.Put, "/v1/snapshot", archive, ("X-Consul-Token", "root"))).Should().StartWith("200");

    private async Task<List<string>> ReadAsync()
    {
        List<string> answers = [];
        foreach (var path in Reads)
        {
            var (status, text, _) = await _agent.SendAsync("GET", path, token: "root");
            answers.Add($"{status} {text}");
        }

        return answers;
    }

    private async Task<string> DoAsync(string method, string path, string? body)
    {
        var (status, text, _) = await _agent.SendAsync(method, path, body, "root");
        status.Should().Be(200, text);
        return text;
    }
}
