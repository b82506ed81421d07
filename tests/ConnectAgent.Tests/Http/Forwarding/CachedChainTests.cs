using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Forwarding;

/// <summary>Chains with overrides in front of servers (services DCH-1, CAT-17, agent-cache CACHE-42).</summary>
public sealed class CachedChainTests : IAsyncLifetime
{
    private const string Web = "/v1/discovery-chain/web";
    private const string Overrides = """{"OverrideProtocol":"grpc","OverrideConnectTimeout":"8s"}""";

    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);
    private InProcessAgent _agent = null!;

    public async Task InitializeAsync()
    {
        // Says which overrides it was asked with.
        _server.Script(request => request.Path == Web && request.Holds ? new TaskCompletionSource<ScriptedAnswer?>().Task : Task.FromResult(
            request.Path != Web ? null : ScriptedAnswer.Ok($$$"""{"Chain":{"ServiceName":"web","Asked":{{{(request.Body.Length > 0 ? request.Body : "null")}}}}}""", 5)));
        _agent = await InProcessAgent.StartAsync(configure: values =>
        {
            InProcessAgent.PutInFrontOf(values, _server.Address);
            values.Set(ConnectKeys.Enabled, null).Set(ConnectKeys.CaConfig, null);
        });
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_post_is_read_from_the_cache_and_other_overrides_are_another_entry()
    {
        (await PostAsync("?cached", Overrides)).Should().Be(("MISS", "grpc"));
        (await PostAsync("?cached", """{"override_connect_timeout":8000000000,"OVERRIDEPROTOCOL":"GRPC","More":1}""")).Should().Be(("HIT", "grpc"));
        (await PostAsync("?cached", """{"OverrideProtocol":"tcp"}""")).Should().Be(("MISS", "tcp"));
        (await PostAsync("?cached", "null")).Should().Be(("MISS", string.Empty), "without overrides it is the chain that a GET reads");
        (await _agent.SendAsync("GET", Web + "?cached")).Headers["X-Cache"].Should().Be("HIT");
        Asked().Should().Be(3);
    }

    [Theory] // without it, and with what only the servers understand, as it is
    [InlineData("")]
    [InlineData("?cached&made-up=1")]
    public async Task All_else_is_forwarded_with_its_body(string query)
    {
        (await PostAsync(query, Overrides)).Should().Be((string.Empty, "grpc"));
        (await PostAsync(query, Overrides)).Should().Be((string.Empty, "grpc"));
        _server.Requests.Where(request => request.Path == Web).Should().HaveCount(2).And.OnlyContain(request => request.Body == Overrides);
    }

    [Theory] // DCH-1: told before anybody is asked
    [InlineData("{", "Bad request: Request decoding failed: unexpected EOF")]
    [InlineData("""{"OverrideMeshGateway":{"Mode":"zz"}}""", "Invalid OverrideMeshGateway.Mode parameter")]
    public async Task Mistakes_are_told_in_the_words_of_the_rule(string body, string text)
    {
        var answer = await _agent.SendAsync("POST", Web + "?cached", body);
        (answer.Status, answer.Text).Should().Be((400, text));
        Asked().Should().Be(0);
    }

    [Fact] // docs/limits.md, services.name: it is a part of the cache's key
    public async Task A_protocol_that_is_none_is_not_kept()
    {
        var answer = await _agent.SendAsync("POST", Web + "?cached", $$"""{"OverrideProtocol":"{{new string('x', 5000)}}"}""");
        (answer.Status, answer.Text).Should().Be((400, "OverrideProtocol has 5000 bytes, more than the 4096 that are taken"));
        Asked().Should().Be(0);
    }

    private int Asked() => _server.Requests.Count(request => request.Path == Web && !request.Holds);

    private async Task<(string Cache, string Protocol)> PostAsync(string query, string body)
    {
        var (status, text, headers) = await _agent.SendAsync("POST", Web + query, body);
        status.Should().Be(200, text);
        var asked = JsonNode.Parse(text)!["Chain"]!["Asked"];
        return (headers.GetValueOrDefault("X-Cache", string.Empty), (string?)asked?["OverrideProtocol"] ?? string.Empty);
    }
}
