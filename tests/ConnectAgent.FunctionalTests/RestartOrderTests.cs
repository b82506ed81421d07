using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>An agent and its server, killed and started in every order (agent-cache CACHE-29, leaf-certificates LEAF-80; the sealed file).</summary>
public sealed class RestartOrderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _agentFolder = new();
    private readonly TemporaryFolder _serverFolder = new();
    private readonly int _serverPort = FreePorts.Next();

    public void Dispose()
    {
        _agentFolder.Dispose();
        _serverFolder.Dispose();
    }

    [Theory]
    [InlineData("agent first")]
    [InlineData("server first")]
    [InlineData("both at once")]
    public async Task Whatever_comes_back_first_nothing_is_lost(string order)
    {
        // Given
        WarmCache warm;
        await using (var server = await StartServerAsync())
        await using (var agent = await StartAgentAsync())
        {
            warm = await agent.WarmAsync();
            using var denied = await server.Http.PutAsync(
                new Uri("/v1/connect/intentions/exact?source=web&destination=db", UriKind.Relative), new StringContent("{\"Action\":\"deny\"}"));
            denied.EnsureSuccessStatusCode();
            await ClientAgent.UntilAsync(async () => !(bool)(await agent.AuthorizeAsync("db")).Json["Authorized"]!);

            // The file is written behind the readers' back; one more entry makes a write that has the intention, too.
            var before = Sealed();
            (await agent.LeafAsync("marker")).Status.Should().Be(200);
            await ClientAgent.UntilAsync(() => Task.FromResult(Sealed().Length > 0 && !Sealed().SequenceEqual(before)));
            await KillAsync(agent);
            await KillAsync(server);
        }

        // When
        var early = order == "server first" ? await StartServerAsync() : null;
        var starting = order == "both at once" ? StartServerAsync() : null;
        await using var restarted = await StartAgentAsync();
        if (order == "agent first")
        {
            // Then: out of the sealed file, before anybody confirmed it
            await KeepsAsync(restarted, warm);
            (await restarted.AuthorizeAsync("unknown")).Status.Should().Be(500);
        }

        await using var successor = early ?? await (starting ?? StartServerAsync());

        // Then
        await restarted.RecoveredAsync();
        await KeepsAsync(restarted, warm);
        await ClientAgent.UntilAsync(async () => (await restarted.AuthorizeAsync("unknown")).Status == 200);
        await ClientAgent.UntilAsync(async () => (await restarted.LeafAsync("unknown")).Status == 200);
    }

    private byte[] Sealed()
    {
        var path = Path.Combine(_agentFolder.Path, "agent-cache.sealed");
        return File.Exists(path) ? File.ReadAllBytes(path) : [];
    }

    private static async Task KeepsAsync(AgentProcess agent, WarmCache warm)
    {
        ((string)(await agent.RootsAsync()).Json["ActiveRootID"]!).Should().Be(warm.ActiveRootId);
        ((string)(await agent.LeafAsync("web")).Json["CertPEM"]!).Should().Be(warm.CertPem);
        ((bool)(await agent.AuthorizeAsync("db")).Json["Authorized"]!).Should().BeFalse();
    }

    private static async Task KillAsync(AgentProcess process)
    {
        await process.Process.SignalAsync("KILL");
        await process.Process.ExitAsync(Patience);
    }

    private Task<AgentProcess> StartServerAsync() => AgentProcess.StartAsync(new JsonObject
    {
        ["data_dir"] = _serverFolder.Path,
        ["ports"] = new JsonObject { ["http"] = _serverPort },
    });

    private Task<AgentProcess> StartAgentAsync() => AgentProcess.StartClientAsync(
        [new Uri($"http://127.0.0.1:{_serverPort}")], new JsonObject { ["data_dir"] = _agentFolder.Path });
}
