using System.Text.Json.Nodes;
using ConnectAgent.State;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Chains;

/// <summary>services DCH-1, DCH-2, DCH-10; whole exchanges are in the recording discovery-chain.</summary>
public sealed class ChainEndpointsTests
{
    private const string Web = "/v1/discovery-chain/web";

    [Theory] // DCH-1
    [InlineData("GET", "/v1/discovery-chain/", null, 400, "Bad request: Missing chain name")]
    [InlineData("POST", Web, "{", 400, "Bad request: Request decoding failed: unexpected EOF")]
    [InlineData("POST", Web, "", 400, "Bad request: Request decoding failed: EOF")]
    [InlineData("POST", Web, "7", 400, "Bad request: Request decoding failed: 1 error(s) decoding:\n\n* '' expected a map, got 'float64'")]
    [InlineData("POST", Web, """{"OverrideMeshGateway":{"Mode":"zz"}}""", 400, "Invalid OverrideMeshGateway.Mode parameter")]
    [InlineData("POST", Web, """{"override_connect_timeout":"zz"}""", 400,
        "Bad request: Request decoding failed: 1 error(s) decoding:\n\n* error decoding 'OverrideConnectTimeout': time: invalid duration \"zz\"")]
    [InlineData("POST", Web, """{"OverrideProtocol":[]}""", 400,
        "Bad request: Request decoding failed: 1 error(s) decoding:\n\n* 'OverrideProtocol' expected type 'string', got unconvertible type '[]interface {}'")]
    [InlineData("GET", Web + "?ns=x", null, 400, "Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature")]
    [InlineData("GET", Web + "?index=x", null, 400, "Invalid index")]
    [InlineData("GET", Web + "?dc=nope", null, 500, "No path to datacenter")]
    [InlineData("PUT", Web, "{}", 405, "method PUT not allowed")]
    public async Task Mistakes_are_told_in_the_words_of_the_rule(string method, string path, string? body, int status, string text)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var answer = await agent.SendAsync(method, path, body);
        (answer.Status, answer.Text).Should().Be((status, text));
    }

    [Theory]
    [InlineData("null", "tcp", "5s")]
    [InlineData("""{"Unknown":1,"OverrideProtocol":"GRPC"}""", "grpc", "5s")]
    [InlineData("""{"OVERRIDE_CONNECT_TIMEOUT":7000000000}""", "tcp", "7s")]
    [InlineData("""{"OverrideConnectTimeout":-1}""", "tcp", "5s")]
    public async Task Overrides_are_taken_in_any_spelling(string body, string protocol, string timeout)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var chain = ChainOf((await agent.SendAsync("POST", Web, body)).Text);
        ((string)chain["Protocol"]!, (string)chain["Targets"]!["web.default.dc1"]!["ConnectTimeout"]!).Should().Be((protocol, timeout));
    }

    [Fact] // a body of GET is not looked at
    public async Task Only_a_post_has_overrides()
    {
        await using var agent = await InProcessAgent.StartAsync();
        (await agent.SendAsync("GET", Web, "{")).Status.Should().Be(200);
    }

    [Fact] // DCH-10: an entry of the chain wakes its reader, one of another service does not
    public async Task A_parked_reader_waits_for_the_entries_of_its_chain()
    {
        await using var agent = await InProcessAgent.StartAsync();
        await PutAsync(agent, """{"Kind":"service-resolver","Name":"web","Redirect":{"Service":"db"}}""");
        var index = (await agent.SendAsync("GET", Web)).Headers["X-Consul-Index"];
        var parked = agent.SendAsync("GET", $"{Web}?index={index}&wait=300s");
        var reader = agent.Services.GetRequiredService<BlockingReader>();
        await AgentFixture.EventuallyAsync(() => reader.Parked == 1, "the reader is parked");
        await PutAsync(agent, """{"Kind":"service-resolver","Name":"other","ConnectTimeout":"9s"}""");
        await PutAsync(agent, """{"Kind":"service-resolver","Name":"db","ConnectTimeout":"9s"}""");
        var chain = ChainOf((await parked).Text);
        ((string)chain["Targets"]!["db.default.dc1"]!["ConnectTimeout"]!).Should().Be("9s");
    }

    [Fact] // CAT-17, CACHE-42, DCH-8: kept fresh, and what is laid over a chain is another entry
    public async Task A_chain_is_read_from_the_cache_and_stays_fresh_there()
    {
        await using var agent = await InProcessAgent.StartAsync();
        await PutAsync(agent, """{"Kind":"service-resolver","Name":"web","ConnectTimeout":"7s"}""");
        var direct = await agent.SendAsync("GET", Web);
        (await CachedAsync("GET", null)).Should().Be(("MISS", direct.Text));
        (await CachedAsync("GET", null)).Should().Be(("HIT", direct.Text));
        const string overrides = """{"OverrideConnectTimeout":"8s"}""";
        var other = await agent.SendAsync("POST", Web, overrides);
        other.Text.Should().NotBe(direct.Text);
        (await CachedAsync("POST", overrides)).Should().Be(("MISS", other.Text));
        (await CachedAsync("POST", """{"override_connect_timeout":8000000000}""")).Should().Be(("HIT", other.Text));
        (await CachedAsync("POST", "null")).Should().Be(("HIT", direct.Text));
        var held = agent.SendAsync("GET", $"{Web}?cached&index={direct.Headers["X-Consul-Index"]}&wait=300s");
        await PutAsync(agent, """{"Kind":"service-resolver","Name":"web","ConnectTimeout":"9s"}""");
        ((string)ChainOf((await held).Text)["Targets"]!["web.default.dc1"]!["ConnectTimeout"]!).Should().Be("9s");

        async Task<(string Cache, string Text)> CachedAsync(string method, string? body)
        {
            var answer = await agent.SendAsync(method, Web + "?cached", body);
            return (answer.Headers["X-Cache"], answer.Text);
        }
    }

    private static JsonNode ChainOf(string text) => JsonNode.Parse(text)!["Chain"]!;

    private static async Task PutAsync(InProcessAgent agent, string entry) =>
        (await agent.SendAsync("PUT", "/v1/config", entry)).Status.Should().Be(200);
}
