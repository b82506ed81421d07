using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>A disk without room at the start, on the published daemon.</summary>
public sealed class FullDiskTests
{
    [Theory] // FA-34: each file of the start in its turn is the one that finds no room
    [InlineData(0, "cannot be used: node-id: ")]
    [InlineData(4_096, ".db cannot be ")] // both databases are opened beside each other
    [InlineData(30_000, ".db cannot be ")]
    public async Task FA_34_A_full_disk_at_the_start_is_a_clear_error(int bytes, string text)
    {
        // Given
        using var folder = new TemporaryFolder();
        var config = AgentProcess.Base(folder.Path);
        config["acl"] = new JsonObject { ["enabled"] = true };
        var file = folder.Write("config.json", config.ToJsonString());

        // When: no file may grow beyond so many bytes; the runtime itself is told to map none
        var (code, _, errors) = await RunningProcess.RunAsync(
            "env",
            ["DOTNET_EnableWriteXorExecute=0", "prlimit", $"--fsize={bytes}", Repository.PublishedAgent, "agent", "-config-file", file],
            limit: TimeSpan.FromSeconds(60));

        // Then
        code.Should().Be(1);
        errors.Should().StartWith("==> ").And.Contain(text).And.NotContain("Unhandled").And.NotContain("   at ");
    }
}
