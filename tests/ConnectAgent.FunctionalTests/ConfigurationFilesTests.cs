using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>What files of the configuration have a real process do: watches, its log in files, and reloading by itself (issue 15; config-and-cli section 2).</summary>
public sealed class ConfigurationFilesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_agent_runs_its_watches_keeps_its_log_and_follows_its_files()
    {
        var roots = Path.Combine(_folder.Path, "roots.json");
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["log_level"] = "DEBUG",
            ["log_file"] = _folder.Path + "/logs/agent.log",
            ["auto_reload_config"] = true,
            ["watches"] = new JsonArray(new JsonObject { ["type"] = "connect_roots", ["args"] = new JsonArray("/bin/sh", "-c", "cat > \"$0\"; echo watched $CONSUL_INDEX", roots) }),
        });
        await agent.Process.SeenAsync("Watch handler done: type=connect_roots", Patience);
        JsonNode.Parse(await File.ReadAllTextAsync(roots))!["Roots"]!.AsArray().Should().ContainSingle();

        // It notices by itself, and says what it leaves for the next start.
        var file = Path.Combine(agent.Folder, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject();
        config["pid_file"] = "/nowhere.pid";
        await File.WriteAllTextAsync(file, config.ToJsonString());
        await agent.Process.SeenAsync("taken over at a restart: key=pid_file", Patience);
        await agent.Process.SeenAsync("Configuration reloaded", Patience);

        // The log is in the file, too, which somebody then moves away.
        var first = Directory.EnumerateFiles(_folder.Path + "/logs").Should().ContainSingle().Subject;
        (await File.ReadAllTextAsync(first)).Should().Contain("Watches run: count=1").And.Contain("Watch handler done: type=connect_roots");
        File.Move(first, Path.Combine(_folder.Path, "moved"));
        using var answer = await agent.Http.PutAsync(new Uri("/v1/agent/reload", UriKind.Relative), null);
        ((int)answer.StatusCode).Should().Be(200);
        var second = Directory.EnumerateFiles(_folder.Path + "/logs").Should().ContainSingle().Subject;
        (await File.ReadAllTextAsync(second)).Should().Contain("Configuration reloaded");
    }
}
