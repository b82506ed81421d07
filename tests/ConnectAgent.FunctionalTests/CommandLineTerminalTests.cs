using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>What the command line shows on a terminal, which <c>script</c> of util-linux makes, and that a pipe gets none of it.</summary>
public sealed class CommandLineTerminalTests
{
    private const char Escape = '\u001b';

    [Fact]
    public async Task A_table_has_lines_and_colours_on_a_terminal_and_none_in_a_pipe()
    {
        await using var agent = await AgentProcess.StartAsync();
        var piped = (await agent.CommandAsync("servers")).Output;
        piped.Should().NotContain($"{Escape}").And.NotContain("│").And.StartWith("Address ");
        var shown = await OnTerminalAsync(agent, "servers");
        shown.Should().Contain("│").And.Contain("embedded").And.Contain($"{Escape}[");
    }

    [Theory]
    [InlineData("NO_COLOR=1", true)]
    [InlineData("TERM=dumb", false)]
    public async Task The_environment_leaves_colours_out(string variable, bool hasLines)
    {
        await using var agent = await AgentProcess.StartAsync();
        var shown = await OnTerminalAsync(agent, "servers", variable);
        shown.Should().Contain("embedded").And.NotMatchRegex("\u001b\\[[0-9;]*3[0-9]");
        shown.Contains('│', StringComparison.Ordinal).Should().Be(hasLines);
    }

    [Fact] // what stands in a cell can be copied
    public async Task A_table_that_does_not_fit_is_plain()
    {
        await using var agent = await AgentProcess.StartAsync();
        (await OnTerminalAsync(agent, "members", columns: 60)).Should().NotContain("│").And.Contain("Node   Address ");
        (await OnTerminalAsync(agent, "members", columns: 200)).Should().Contain("│");
    }

    [Fact]
    public async Task Long_work_shows_that_it_goes_on()
    {
        using var folder = new TemporaryFolder();
        await using var agent = await AgentProcess.StartAsync();
        (await OnTerminalAsync(agent, $"debug -duration 1s -output {folder.Path}/debug")).Should().Contain("Watching the log").And.Contain("Saved debug archive");
        (await OnTerminalAsync(agent, $"snapshot save {folder.Path}/backup.snap")).Should().Contain("Saved and verified snapshot");
        (await OnTerminalAsync(agent, $"snapshot restore {folder.Path}/backup.snap")).Should().Contain("Restoring").And.Contain("100%", "the size is known").And.Contain("Restored snapshot");
        (await OnTerminalAsync(agent, "doctor")).Should().Contain($"{Escape}[").And.Contain("answers");
        (await agent.CommandAsync("snapshot", "save", Path.Combine(folder.Path, "piped.snap"))).Errors.Should().BeEmpty();
        (await agent.CommandAsync("debug", "-duration", "100ms", "-output", Path.Combine(folder.Path, "piped"))).Errors.Should().BeEmpty();
        (await RunningProcess.RunAsync("tar", ["-tzf", Path.Combine(folder.Path, "piped.tar.gz")])).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Should().Equal("self.json", "host.json", "members.json", "metrics.json", "cache.json", "servers.json", "consul.log", "metrics-stream.json");
    }

    [Theory]
    [InlineData("version >/dev/full", "Error: No space left on device\n")]
    [InlineData("-help >&-", "Error: Access to the path is denied.\n")]
    [InlineData("nope 2>/dev/full", "")]
    public async Task Output_that_cannot_be_written_is_one_line(string command, string expected)
    {
        var (exit, _, errors) = await RunningProcess.RunAsync("bash", ["-c", $"\"$0\" {command}", Repository.PublishedAgent]);
        (exit, errors).Should().Be((1, expected));
    }

    [Fact] // as with every filter: head has had enough
    public async Task A_log_that_nobody_reads_any_more_is_not_followed_on()
    {
        await using var agent = await AgentProcess.StartAsync();
        await using var monitor = RunningProcess.Start(
            "bash", ["-c", "\"$0\" monitor -log-level trace -http-addr \"$1\" | head -1; echo \"ended ${PIPESTATUS[0]}\"", Repository.PublishedAgent, agent.Address.Authority]);
        await ClientAgent.UntilAsync(async () => (await agent.CommandAsync("members")).ExitCode == 0 && monitor.Output.Contains("ended 0\n", StringComparison.Ordinal));
    }

    private static async Task<string> OnTerminalAsync(AgentProcess agent, string command, string variable = "LANG=C.UTF-8", int columns = 200)
    {
        var (exit, output, errors) = await RunningProcess.RunAsync(
            "env", ["TERM=xterm-256color", variable, "script", "-qec", $"stty cols {columns}; {Repository.PublishedAgent} {command} -http-addr {agent.Address.Authority}", "/dev/null"]);
        exit.Should().Be(0, output + errors);
        return output;
    }
}
