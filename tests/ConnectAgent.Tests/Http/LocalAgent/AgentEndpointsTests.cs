using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.LocalAgent;

/// <summary>The agent about itself, its host and its coming and going (services AG-26 to AG-28, AG-32, AG-33); the recordings have the rest.</summary>
public sealed class AgentEndpointsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 15, 20, 0, TimeSpan.Zero);

    [Fact] // AG-28
    public async Task The_host_is_told_with_the_nanosecond_of_the_look()
    {
        await using var agent = await InProcessAgent.StartAsync(clock: new ManualTimeProvider(Start));
        var host = (await agent.GetAsync("/v1/agent/host")).AsObject();
        host.Select(member => member.Key).Should().Equal("Memory", "CPU", "Host", "Disk", "CollectionTime", "Errors");
        ((long)host["CollectionTime"]!).Should().Be(Start.ToUnixTimeSeconds() * 1_000_000_000);
        ((string)host["Host"]!["hostname"]!).Should().Be(Environment.MachineName);
    }

    [Fact] // AG-33
    public async Task The_version_is_that_of_the_API()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var version = (await agent.GetAsync("/v1/agent/version")).AsObject();
        version.Select(member => member.Key).Should().Equal("SHA", "BuildDate", "HumanVersion", "FIPS");
        ((string)version["HumanVersion"]!).Should().Be("1.10.12");
    }

    [Theory] // AG-32
    [InlineData("/v1/agent/force-leave/nope", 500, "agent: No node found with name 'nope'")]
    [InlineData("/v1/agent/force-leave/self", 200, "")]
    [InlineData("/v1/agent/force-leave/self.dc1", 200, "")]
    [InlineData("/v1/agent/force-leave/self?prune=1", 200, "")]
    [InlineData("/v1/agent/join/10.0.0.1?wan=1", 501, "/v1/agent/join/ is not served: agents do not gossip here; the servers of an agent are set with connect_agent.servers")]
    public async Task Without_gossip_there_is_nobody_to_join_and_nobody_else_to_leave(string path, int expected, string text)
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values => values.Set(NodeKeys.NodeName, "self"));
        var (status, body, _) = await agent.SendAsync("PUT", path);
        (status, body).Should().Be((expected, text));
    }

    [Fact] // AG-26: observed together, and of no use
    public async Task All_segments_may_be_asked_for_together_with_the_wide_area()
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values => values.Set(NodeKeys.NodeName, "self"));
        var member = (await agent.GetAsync("/v1/agent/members?wan=1&segment=_all")).AsArray().Should().ContainSingle().Subject!;
        ((string)member["Name"]!).Should().Be("self.dc1");
        member["Tags"]!.AsObject().Should().NotContainKey("wan_join_port").And.ContainKey("segment");
        (member["Status"]!.GetValue<int>(), member["ProtocolMax"]!.GetValue<int>(), member["DelegateCur"]!.GetValue<int>()).Should().Be((1, 5, 4));
    }

    [Fact] // AG-27
    public async Task Metrics_have_the_counters_of_the_last_whole_interval()
    {
        var clock = new ManualTimeProvider(Start);
        await using var agent = await InProcessAgent.StartAsync(clock: clock);
        await agent.GetAsync("/v1/agent/connect/ca/leaf/web");
        (await agent.GetAsync("/v1/agent/metrics"))["Counters"]!.AsArray().Should().BeEmpty("the interval is not over");
        clock.Advance(TimeSpan.FromSeconds(10));
        var metrics = (await agent.GetAsync("/v1/agent/metrics")).AsObject();
        metrics.Select(member => member.Key).Should().Equal("Timestamp", "Gauges", "Points", "Counters", "Samples");
        ((string)metrics["Timestamp"]!).Should().Be("2026-11-20 15:20:10 +0000 UTC");
        metrics["Gauges"]!.AsArray().Should().Contain(gauge => (string)gauge!["Name"]! == "consul.runtime.alloc_bytes" && (double)gauge["Value"]! > 0);
        var issued = metrics["Counters"]!.AsArray().Single(counter => (string)counter!["Name"]! == "consul.connect_agent.leaf.issued")!.AsObject();
        issued.Select(member => member.Key).Should().Equal("Name", "Count", "Rate", "Sum", "Min", "Max", "Mean", "Stddev", "Labels");
        ((long)issued["Count"]!, (double)issued["Rate"]!, (double)issued["Sum"]!).Should().Be((1, 0.1, 1));
    }
}
