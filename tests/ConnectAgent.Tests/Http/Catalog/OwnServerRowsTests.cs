using ConnectAgent.Agent.Catalog;
using ConnectAgent.Configuration;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Catalog;

/// <summary>A server is in its own catalog, whatever is done to it there (services AE-4).</summary>
public sealed class OwnServerRowsTests : IAsyncLifetime
{
    private const string Health = "/v1/health/service/consul";
    private const string Other = "11111111-2222-3333-4444-555555555555";

    private InProcessAgent _agent = null!;

    public async Task InitializeAsync() => _agent = await InProcessAgent.StartAsync(configure: static values =>
    {
        values.Set(NodeKeys.NodeName, "node1").Set(NodeKeys.NodeMeta, new Dictionary<string, string> { ["rack"] = "7" });
        values.Set(PortKeys.KeyOf("server"), 8300);
    });

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact]
    public async Task It_is_there_before_the_first_request()
    {
        var own = (await _agent.GetAsync(Health)).AsArray().Should().ContainSingle().Subject!;
        var (node, service) = (own["Node"]!, own["Service"]!);
        ((string)node["Node"]!, (string)node["Meta"]!["rack"]!, (string)node["TaggedAddresses"]!["wan"]!).Should().Be(("node1", "7", "127.0.0.1"));
        ((string)service["ID"]!, (string)service["Service"]!, (int)service["Port"]!).Should().Be(("consul", "consul", 8300));
        var check = own["Checks"]!.AsArray().Should().ContainSingle().Subject!;
        ((string)check["CheckID"]!, (string)check["Name"]!, (string)check["Output"]!, (string)check["Status"]!).Should().Be(
            ("serfHealth", "Serf Health Status", "Agent alive and reachable", "passing"));
        ((string)node["ID"]!).Should().Be((string)(await _agent.GetAsync("/v1/agent/self"))["Config"]!["NodeID"]!);
    }

    [Theory]
    [InlineData("deregister", """{"Node":"node1"}""")]
    [InlineData("deregister", """{"Node":"node1","ServiceID":"consul"}""")]
    [InlineData("deregister", """{"Node":"node1","CheckID":"serfHealth"}""")]
    [InlineData("register", """{"Node":"node1","Address":"10.9.9.9","NodeMeta":{"rack":"8"}}""")]
    [InlineData("register", """{"Node":"node1","SkipNodeUpdate":true,"Service":{"Service":"consul","Port":1}}""")]
    [InlineData("register", """{"Node":"node1","SkipNodeUpdate":true,"Check":{"CheckID":"serfHealth","Status":"critical"}}""")]
    public async Task What_was_done_to_it_is_mended(string operation, string body)
    {
        var before = await OwnAsync();
        (await _agent.SendAsync("PUT", "/v1/catalog/" + operation, body)).Status.Should().Be(200);
        await UntilAsync(Health, async () => await OwnAsync() == before);
    }

    [Fact] // a node that took its ID over while it was away, as in a restored snapshot, gives way
    public async Task Who_has_its_ID_gives_way()
    {
        var before = await OwnAsync();
        var node = _agent.Services.GetRequiredService<OwnNode>();
        (await _agent.SendAsync("PUT", "/v1/catalog/register", $$"""{"Node":"other","ID":"{{Other}}","Address":"10.0.0.1"}""")).Status.Should().Be(200);
        node.Use(node.Current with { Id = Other });
        await UntilAsync("/v1/catalog/nodes", async () => await NodesAsync() is [("node1", Other)]);
        (await OwnAsync()).Should().Be(before);
    }

    [Fact] // AG-29
    public async Task A_reload_that_changes_the_node_is_seen()
    {
        var node = _agent.Services.GetRequiredService<OwnNode>();
        node.Use(node.Current with { Meta = OwnNode.MetaOf(new Dictionary<string, string> { ["rack"] = "9" }) });
        await UntilAsync("/v1/catalog/nodes", async () => (string?)(await _agent.GetAsync("/v1/catalog/node/node1"))["Node"]!["Meta"]!["rack"] == "9");
    }

    // Without indexes, which go on.
    private async Task<string> OwnAsync()
    {
        var own = await _agent.GetAsync(Health);
        foreach (var part in own.AsArray().SelectMany(static one => one!["Checks"]!.AsArray().Append(one["Node"]).Append(one["Service"])))
        {
            part!.AsObject().Remove("CreateIndex");
            part.AsObject().Remove("ModifyIndex");
            part.AsObject().Remove("ID");
        }

        return own.ToJsonString();
    }

    private async Task UntilAsync(string path, Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(AgentFixture.Patience);
        for (var index = "0"; !await holds();)
        {
            limit.Token.ThrowIfCancellationRequested();
            index = (await _agent.SendAsync("GET", $"{path}?index={index}&wait=1s")).Headers["X-Consul-Index"];
        }
    }

    private async Task<IReadOnlyList<(string Name, string Id)>> NodesAsync() =>
        [.. (await _agent.GetAsync("/v1/catalog/nodes")).AsArray().Select(static node => ((string)node!["Node"]!, (string)node["ID"]!))];
}
