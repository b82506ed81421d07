using System.Text.Json.Nodes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.State;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Catalog;

/// <summary>The server's own node in its own catalog, and what the agent of the same process has on it (services AE-1, AE-4).</summary>
public sealed class OwnServerTests
{
    // Well below the time after which the catalog is compared in any case.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(30);

    [Fact] // AE-1: what was registered since the snapshot was taken
    public async Task After_a_restored_snapshot_the_catalog_has_at_once_what_is_registered_here()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var store = agent.Services.GetRequiredService<StateStore>();
        await RegisterAsync(agent, "old");
        var older = store.Export();
        await RegisterAsync(agent, "web");
        (await agent.SendAsync("PUT", "/v1/agent/service/deregister/old")).Status.Should().Be(200);
        await store.RestoreAsync(older);
        await UntilAsync(async () => await IsThereAsync(agent, "web") && !await IsThereAsync(agent, "old"));
    }

    [Fact] // AE-1, AE-4
    public async Task After_somebody_has_deregistered_the_node_it_is_there_again_with_what_is_registered_here()
    {
        await using var agent = await InProcessAgent.StartAsync();
        await RegisterAsync(agent, "web");
        var node = new JsonObject { ["Node"] = agent.Services.GetRequiredService<AgentIdentity>().NodeName };
        (await agent.SendAsync("PUT", "/v1/catalog/deregister", node.ToJsonString())).Status.Should().Be(200);
        await UntilAsync(async () => await IsThereAsync(agent, "web") && await IsThereAsync(agent, "consul"));
    }

    private static async Task RegisterAsync(InProcessAgent agent, string name)
    {
        (await agent.SendAsync("PUT", "/v1/agent/service/register", new JsonObject { ["Name"] = name }.ToJsonString())).Status.Should().Be(200);
        (await IsThereAsync(agent, name)).Should().BeTrue();
    }

    private static async Task<bool> IsThereAsync(InProcessAgent agent, string service) =>
        JsonNode.Parse((await agent.SendAsync("GET", "/v1/catalog/service/" + service)).Text)!.AsArray().Count > 0;

    // What another thread does is waited for by asking.
    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(AtOnce);
        while (!await holds())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
