using System.Diagnostics.Metrics;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Metrics;
using ConnectAgent.Protocol.Telemetry;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Metrics;

/// <summary>Durations in buckets, as Prometheus reads them (services AG-27 for the rest of the text).</summary>
public sealed class HistogramTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Given_three_durations_When_the_text_is_asked_for_Then_each_bucket_counts_what_is_at_most_its_bound()
    {
        // Given
        var meters = _services.GetRequiredService<IMeterFactory>();
        using var reader = new MetricsReader(new ManualTimeProvider(), meters);
        var histogram = meters.Create("ConnectAgent.Test").CreateDuration("connect_agent.test.duration", "For this test.");

        // When
        histogram.Record(0.000_01);
        histogram.Record(0.003);
        histogram.Record(20);
        var text = PrometheusText.Of([], reader.ReadHistograms());

        // Then
        text.Should().StartWith("# HELP connect_agent_test_duration_seconds For this test.\n# TYPE connect_agent_test_duration_seconds histogram\n");
        text.Should().Contain("connect_agent_test_duration_seconds_bucket{le=\"1E-05\"} 1\n").And.Contain("{le=\"0.0025\"} 1\n")
            .And.Contain("{le=\"0.005\"} 2\n").And.Contain("{le=\"10\"} 2\n").And.Contain("{le=\"+Inf\"} 3\n");
        text.Should().Contain("_sum 20.00301\n").And.EndWith("_count 3\n");
    }

    [Fact]
    public async Task Decisions_leaves_commits_and_fetches_are_in_the_text()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync(configure: static values => values.Set(HttpKeys.PrometheusRetention, "60s"));

        // When
        (await agent.SendAsync("GET", "/v1/agent/connect/ca/leaf/web")).Status.Should().Be(200);
        (await agent.SendAsync("PUT", "/v1/config", """{"Kind":"proxy-defaults","Name":"global"}""")).Status.Should().Be(200);
        (await agent.PostAsync("/v1/agent/connect/authorize", $$"""{"Target":"db","ClientCertURI":"{{InProcessAgent.UriOf("web")}}"}""")).Status.Should().Be(200);
        var (_, text, _) = await agent.SendAsync("GET", "/v1/agent/metrics?format=prometheus");

        // Then
        foreach (var name in new[] { "authorize", "leaf", "commit", "fetch" })
        {
            text.Should().MatchRegex($"connect_agent_{name}_duration_seconds_count [1-9]");
        }
    }

    [Fact]
    public void Recording_makes_nothing()
    {
        // Given
        var meters = _services.GetRequiredService<IMeterFactory>();
        using var reader = new MetricsReader(new ManualTimeProvider(), meters);
        var histogram = meters.Create("ConnectAgent.Test").CreateDuration("connect_agent.test.duration", "For this test.");
        histogram.Record(1);

        // When
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            histogram.Record(0.001);
        }

        // Then
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
        reader.ReadHistograms().Single().Count.Should().Be(1001);
    }
}
