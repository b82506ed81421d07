using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Hosting;

/// <summary><c>config_entries.bootstrap</c>: written at the start where there is no entry of the name (config-and-cli section 2).</summary>
public sealed class BootstrapEntryTests
{
    private const string DenyAll =
        """{"kind":"service-intentions","name":"db","sources":[{"name":"web","action":"deny"}]}""";

    [Fact]
    public async Task FA_8_A_bootstrap_intention_decides_from_the_first_request_on()
    {
        await using var agent = await InProcessAgent.StartAsync(configure: values => values.Merge(ConnectKeys.BootstrapEntries, new List<string> { DenyAll }));
        ((bool)(await agent.GetAsync("/v1/connect/intentions/check?source=web&destination=db"))["Allowed"]!).Should().BeFalse();
        var decision = await agent.DecideAsync(
            "/v1/agent/connect/authorize", new JsonObject { ["Target"] = "db", ["ClientCertURI"] = InProcessAgent.UriOf("web") });
        ((bool)decision["Authorized"]!).Should().BeFalse();
    }

    [Fact]
    public async Task FA_8_An_entry_that_is_there_stays()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await InProcessAgent.StartAsync(configure: values => values.Merge(ConnectKeys.BootstrapEntries, new List<string> { DenyAll }), folder: folder.Path))
        {
            await first.SendAsync("PUT", "/v1/config", """{"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Action":"allow"}]}""");
        }

        await using var second = await InProcessAgent.StartAsync(
            configure: values => values.Merge(ConnectKeys.BootstrapEntries, new List<string> { DenyAll, """{"kind":"service-defaults","name":"db","protocol":"http"}""" }),
            folder: folder.Path);
        ((bool)(await second.GetAsync("/v1/connect/intentions/check?source=web&destination=db"))["Allowed"]!).Should().BeTrue();
        ((string)(await second.GetAsync("/v1/config/service-defaults/db"))["Protocol"]!).Should().Be("http", "an absent one is written");
    }

    [Fact] // CFG-14: what needs the state is found out when it is written
    public async Task FA_8_An_entry_that_does_not_go_with_the_others_stops_the_start_and_is_named()
    {
        var start = () => InProcessAgent.StartAsync(configure: values => values.Merge(ConnectKeys.BootstrapEntries, new List<string> {
            """{"kind":"service-defaults","name":"db","protocol":"tcp"}""",
            """{"kind":"service-splitter","name":"db","splits":[{"weight":100}]}""",
        }));
        (await start.Should().ThrowAsync<ConnectAgent.Configuration.ConfigurationException>()).WithMessage("config_entries.bootstrap[1]: *");
    }
}
