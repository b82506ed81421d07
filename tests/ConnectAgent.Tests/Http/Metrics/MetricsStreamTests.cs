using System.Text.Json.Nodes;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Metrics;

/// <summary>The metrics of each interval, as they come (services AG-27).</summary>
public sealed class MetricsStreamTests
{
    [Fact]
    public async Task Given_a_caller_who_follows_When_intervals_end_Then_each_is_a_line_and_the_end_of_the_agent_ends_it()
    {
        var clock = new ManualTimeProvider(new DateTimeOffset(2026, 11, 20, 15, 20, 0, TimeSpan.Zero));
        var agent = await InProcessAgent.StartAsync(clock: clock);
        using var http = new HttpClient { BaseAddress = agent.Address };
        using var answer = await http.GetAsync(new Uri("/v1/agent/metrics/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        answer.Content.Headers.ContentType!.ToString().Should().Be("application/json");
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        foreach (var time in new[] { "15:20:10", "15:20:20" })
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            var document = JsonNode.Parse((await lines.ReadLineAsync())!)!;
            ((string)document["Timestamp"]!).Should().Be($"2026-11-20 {time} +0000 UTC");
            document["Gauges"]!.AsArray().Select(gauge => (string)gauge!["Name"]!).Should().Contain("consul.runtime.alloc_bytes");
        }

        await agent.DisposeAsync();
        (await lines.ReadToEndAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task The_text_of_Prometheus_is_not_streamed()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var (status, text, _) = await agent.SendAsync("GET", "/v1/agent/metrics/stream?format=prometheus");
        (status, text).Should().Be((400, "Bad request: the stream of metrics is JSON; /v1/agent/metrics has the text of Prometheus"));
    }
}
