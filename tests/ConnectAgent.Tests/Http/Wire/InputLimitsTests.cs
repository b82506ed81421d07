using ConnectAgent.Caching;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Tokens;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>FA-1: what a caller spells is bounded where it enters, before anything is kept or looked up by it.</summary>
public sealed class InputLimitsTests
{
    private const string Roots = "/v1/agent/connect/ca/roots";
    private static readonly string TooLong = new('x', TokenText.Longest + 1);

    [Theory]
    [InlineData(null)]
    [InlineData("deny")]
    public async Task FA_1_A_token_that_is_too_long_leaves_nothing_behind(string? policy)
    {
        await using var agent = await InProcessAgent.StartAsync(policy, values => values.Set(AclKeys.DefaultToken, null));
        var cache = agent.Services.GetRequiredService<AgentCache>();
        (await AskAsync(agent, "GET", Roots, token: TooLong)).Status.Should().Be(200, "roots look at no token");
        var before = cache.Count;
        for (var number = 0; number < 20; number++)
        {
            (await agent.SendAsync("GET", Roots, token: TooLong + number)).Status.Should().Be(200);
            (await agent.SendAsync("GET", $"{Roots}?token={TooLong}{number}")).Status.Should().Be(200);
        }

        cache.Count.Should().Be(before);
        cache.Entries.Should().OnlyContain(entry => entry.Key.Token.Length < 64);
    }

    [Theory]
    [InlineData("GET", "/v1/agent/connect/ca/leaf/web")]
    [InlineData("GET", "/v1/agent/self")]
    [InlineData("GET", "/v1/connect/intentions")]
    [InlineData("GET", "/v1/acl/token/self")]
    [InlineData("GET", "/v1/connect/intentions/match?by=destination&name=db&cached")]
    public async Task FA_1_A_token_that_is_too_long_is_unknown_wherever_it_comes_from(string method, string path)
    {
        await using var agent = await InProcessAgent.StartAsync("allow", values => values.Set(AclKeys.DefaultToken, null));
        (await AskAsync(agent, method, path, token: TooLong)).Should().Be((403, "ACL not found"));
        (await AskAsync(agent, method, path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "token=" + TooLong)).Should().Be((403, "ACL not found"));
        var bearer = await agent.ExchangeAsync(new HttpMethod(method), path, null, ("Authorization", "Bearer " + TooLong));
        bearer.Should().StartWith("403\n");
        (await AskAsync(agent, method, path, token: new string('x', TokenText.Longest))).Status.Should().Be(403, "it may be a token, but nobody has it");
    }

    [Fact] // a server without ACLs would answer it
    public async Task FA_1_A_token_that_is_too_long_is_not_sent_to_servers()
    {
        await using var server = await InProcessAgent.StartAsync();
        await using var client = await ClientOfAsync(server);
        (await client.SendAsync("GET", "/v1/connect/intentions", token: "made up")).Status.Should().Be(200);
        (await AskAsync(client, "GET", "/v1/connect/intentions", token: TooLong)).Should().Be((403, "ACL not found"));
    }

    [Fact]
    public async Task FA_1_What_is_only_forwarded_is_not_bounded_and_what_becomes_a_key_is()
    {
        await using var server = await InProcessAgent.StartAsync();
        await using var client = await ClientOfAsync(server);
        var filter = new string('x', 9000);
        (await AskAsync(client, "GET", "/v1/kv/" + new string('k', 600))).Status.Should().Be(501, "the server's answer");
        (await client.SendAsync("GET", "/v1/kv/a?filter=" + filter)).Text.Should().NotContain("filter is longer");
        (await client.SendAsync("GET", "/v1/health/service/web?cached&filter=" + filter)).Text.Should().Be("Bad request: filter is longer than 8192 bytes");
        (await client.SendAsync("GET", "/v1/health/service/" + new string('w', 4097) + "?cached")).Status.Should().Be(400);
        (await client.SendAsync("GET", "/v1/connect/intentions/match?cached&by=destination&name=" + new string('w', 4097))).Status.Should().Be(400);
    }

    [Theory]
    [InlineData("GET", "/v1/agent/connect/ca/leaf/{0}", 4096)]
    [InlineData("GET", "/v1/connect/intentions/match?by=destination&name={0}", 4096)]
    [InlineData("GET", "/v1/connect/intentions/check?source=a&destination={0}", 4096)]
    [InlineData("GET", "/v1/agent/connect/ca/roots?dc={0}", 4096)]
    [InlineData("GET", "/v1/agent/connect/ca/roots?filter={0}", 8192)]
    [InlineData("GET", "/v1/config/service-defaults/{0}", 4096 - 17)]
    [InlineData("GET", "/v1/catalog-of-nothing?unknown={0}", int.MaxValue)]
    public async Task FA_1_A_name_may_be_as_long_as_its_bound_and_no_longer(string method, string path, int most)
    {
        var bound = path.Contains("filter", StringComparison.Ordinal) ? 8192 : 4096;
        await using var agent = await InProcessAgent.StartAsync();
        foreach (var length in new[] { most, most + 1 }.Where(length => length is > 0 and < 100_000))
        {
            var (_, text, _) = await agent.SendAsync(method, path.Replace("{0}", new string('n', length), StringComparison.Ordinal));
            (text.StartsWith("Bad request: ", StringComparison.Ordinal) && text.EndsWith($"is longer than {bound} bytes", StringComparison.Ordinal))
                .Should().Be(length > most, "{0} characters: {1}", length, text);
        }
    }

    [Fact] // bytes, not characters
    public async Task FA_1_A_bound_counts_bytes()
    {
        await using var agent = await InProcessAgent.StartAsync();
        (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/" + string.Concat(Enumerable.Repeat("%C3%A9", 2049)))).Text
            .Should().Be("Bad request: the name in the path is longer than 4096 bytes");
    }

    [Theory]
    [InlineData("PUT", "/v1/connect/ca/sign", """{"Service":"LONG","CSR":""}""", "Service is longer than 4096 bytes")]
    [InlineData("POST", "/v1/connect/intentions", """{"SourceName":"LONG","DestinationName":"db","Action":"allow"}""", "SourceName is longer than 4096 bytes")]
    [InlineData("POST", "/v1/connect/intentions", """{"SourceName":"a","DestinationName":"LONG","Action":"allow"}""", "DestinationName is longer than 4096 bytes")]
    [InlineData("PUT", "/v1/agent/token/default", """{"Token":"TOKEN"}""", "Token is longer than 4096 bytes")]
    [InlineData("POST", "/v1/acl/login", """{"AuthMethod":"LONG","BearerToken":"x"}""", "AuthMethod is longer than 4096 bytes")]
    public async Task FA_1_Names_in_bodies_are_bounded(string method, string path, string body, string text)
    {
        await using var agent = await InProcessAgent.StartAsync("allow");
        body = body.Replace("LONG", new string('n', 4097), StringComparison.Ordinal).Replace("TOKEN", TooLong, StringComparison.Ordinal);
        (await AskAsync(agent, method, path, body)).Should().Be((400, "Bad request: " + text));
    }

    private static async Task<(int Status, string Text)> AskAsync(InProcessAgent agent, string method, string path, string? body = null, string token = "")
    {
        var (status, text, _) = await agent.SendAsync(method, path, body, token);
        return (status, text);
    }

    private static Task<InProcessAgent> ClientOfAsync(InProcessAgent server) =>
        InProcessAgent.StartAsync(configure: values => InProcessAgent.PutInFrontOf(values, server.Address));
}
