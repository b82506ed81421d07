using System.Text;
using ConnectAgent.Http.Wire;
using FluentAssertions;
using FluentAssertions.Execution;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>There is one way through the dispatcher: a rule that is added in one place holds for what memory answers and for all else.</summary>
public sealed class WireRuleTests
{
    private const string Refused = "no odd ones";
    private static readonly (string, string) Odd = ("X-Odd", "yes");
    private static readonly string Question = $$"""{"Target":"db","ClientCertURI":"{{InProcessAgent.UriOf("web")}}","ClientCertSerial":"04:00"}""";

    [Theory]
    [InlineData("POST", "/v1/agent/connect/authorize")]
    [InlineData("GET", "/v1/agent/connect/ca/roots")]
    [InlineData("GET", "/v1/agent/connect/ca/leaf/web")]
    public async Task A_rule_of_ones_own_holds_on_cache_misses_and_cache_hits(string method, string path)
    {
        // Given
        await using var agent = await StartAsync();
        var body = method == "POST" ? Encoding.UTF8.GetBytes(Question) : null;

        // When, Then: nothing is cached yet, and a refusal leaves it so
        (await AskAsync(Odd)).Should().StartWith("403").And.EndWith(Base64Of(Refused));
        (await AskAsync()).Should().StartWith("200").And.Contain("X-Cache: MISS");

        // And when it is cached; a leaf is a hit while somebody watches it (leaf-certificates LEAF-55)
        await agent.ExchangeAsync(HttpMethod.Get, "/v1/agent/connect/ca/leaf/web?index=1000000&wait=1ms");
        (await AskAsync()).Should().StartWith("200").And.Contain("X-Cache: HIT");
        (await AskAsync(Odd)).Should().StartWith("403").And.EndWith(Base64Of(Refused));

        Task<string> AskAsync(params (string, string)[] headers) => agent.ExchangeAsync(new HttpMethod(method), path, body, headers);
    }

    [Fact]
    public async Task A_rule_of_ones_own_holds_on_every_route_and_where_there_is_none()
    {
        await using var agent = await StartAsync();
        using var all = new AssertionScope();
        var probes = RouteProbes.Of(agent.Routes).Select(probe => (probe.Method.Method, probe.Probe.Path)).ToList();
        probes.Should().HaveCountGreaterThan(60);
        foreach (var (method, path) in probes.Append(("GET", "/")).Append(("GET", "/v1/nowhere")).Append(("GET", "/v1//agent")).Append(("OPTIONS", "/v1/agent/self")))
        {
            (await agent.ExchangeAsync(new HttpMethod(method), path, null, Odd)).Should().StartWith("403", "{0} {1}", method, path).And.EndWith(Base64Of(Refused));
            (await agent.ExchangeAsync(new HttpMethod(method), path)).Should().NotEndWith(Base64Of(Refused), "{0} {1}", method, path);
        }
    }

    private static Task<InProcessAgent> StartAsync() =>
        InProcessAgent.StartAsync(forProduction: true, add: static services => services.AddSingleton<IWireRule, NoOddOnes>());

    private static string Base64Of(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed class NoOddOnes : IWireRule
    {
        public WireException? Refuse(WireRequest request) => request.Context.Request.Headers.ContainsKey(Odd.Item1) ? new WireException(403, Refused) : null;
    }
}
