using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Telemetry;
using ConnectAgent.Telemetry;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ConnectAgent.Tests.Telemetry;

/// <summary>Traces are those of the whole process, so no other agent runs in it meanwhile.</summary>
[CollectionDefinition(nameof(OtlpExportTests), DisableParallelization = true)]
public sealed class OtlpExportCollection;

/// <summary>Traces and metrics go to <c>telemetry.otlp_endpoint</c>, and nowhere without it; no token goes along (design decision 6).</summary>
[Collection(nameof(OtlpExportTests))]
public sealed class OtlpExportTests
{
    private static readonly string[] OnTheWayToACacheMiss = ["authorize", "cache.fetch", "ca.sign"];

    [Fact]
    public async Task What_is_no_cache_hit_is_traced_without_a_token()
    {
        // Given
        await using var receiver = await OtlpReceiver.StartAsync();
        string token;
        await using (var agent = await InProcessAgent.StartAsync("deny", values => values.Set(NodeKeys.OtlpEndpoint, receiver.Address), forProduction: true))
        {
            token = await agent.TokenAsync("service \"db\" { policy = \"write\" intentions = \"read\" } service \"web\" { policy = \"write\" }");
            var body = $$"""{"Target":"db","ClientCertURI":"{{InProcessAgent.UriOf("web")}}","ClientCertSerial":"0a"}""";

            // When
            (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web", token: token)).Status.Should().Be(200);
            for (var i = 0; i < 3; i++)
            {
                (await agent.SendAsync("POST", "/v1/agent/connect/authorize", body, token)).Status.Should().Be(200);
            }

            (await agent.SendAsync("POST", "/v1/agent/connect/authorize", body.Replace("db", "other", StringComparison.Ordinal), token)).Status.Should().Be(403);
            await SentAsync(agent);
        }

        // Then
        receiver.Spans.Select(static span => span.Name).Distinct().Should().Contain(OnTheWayToACacheMiss);
        receiver.Spans.Should().Contain(("authorize", "error.type"), "the second target is refused");
        receiver.Spans.Count(static span => span.Name == "authorize").Should().Be(2, "a cache hit is not traced");
        receiver.Metrics.Should().Contain("connect_agent.cache.entries").And.Contain("connect_agent.ca.signed")
            .And.NotContain("connect_agent.authorize.duration", "a cache hit records it, and takes no lock");
        receiver.Everything.Should().NotContain(token);
    }

    [Fact]
    public async Task What_is_forwarded_is_traced_without_a_token()
    {
        // Given
        const string Token = "7a1f6a3e-4b1e-4f0e-9a52-6d0f5f3c9b11";
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var server = await InProcessAgent.StartAsync();

        // When
        await using (var agent = await InProcessAgent.StartAsync(configure: values =>
        {
            InProcessAgent.PutInFrontOf(values, server.Address);
            values.Set(NodeKeys.DataDirectory, null).Set(NodeKeys.OtlpEndpoint, receiver.Address);
        }))
        {
            (await agent.SendAsync("GET", "/v1/connect/intentions?token=" + Token)).Status.Should().Be(200);
            await SentAsync(agent);
        }

        // Then
        receiver.Spans.Select(static span => span.Name).Should().Contain("forward");
        receiver.Everything.Should().NotContain(Token);
    }

    [Fact]
    public async Task Without_an_endpoint_nothing_is_traced()
    {
        await using var agent = await InProcessAgent.StartAsync();
        AgentTrace.IsOn.Should().BeFalse();
        AgentTrace.Start("any").Should().BeNull();
    }

    [Theory]
    [InlineData("127.0.0.1:4318", "telemetry.otlp_endpoint: \"127.0.0.1:4318\" must be http://host:port or https://host:port")]
    [InlineData("http://127.0.0.1:4318/v1/traces", "telemetry.otlp_endpoint: \"http://127.0.0.1:4318/v1/traces\" must be http://host:port or https://host:port")]
    [InlineData("http://me:secret@127.0.0.1:4318", "telemetry.otlp_endpoint: an address must hold no user name and no password")]
    public void An_endpoint_that_is_none_stops_the_start(string endpoint, string expected)
    {
        var values = new ConfigValues().Set(NodeKeys.OtlpEndpoint, endpoint);
        FluentActions.Invoking(() => AgentConfiguration.Build(values, devMode: true)).Should().Throw<ConfigurationException>().WithMessage(expected);
    }

    // The end of the agent waits for the receiver for a moment only.
    private static Task SentAsync(InProcessAgent agent) =>
        agent.Services.GetServices<IHostedService>().OfType<OtlpExport>().Single().FlushAsync(TimeSpan.FromSeconds(60));
}
