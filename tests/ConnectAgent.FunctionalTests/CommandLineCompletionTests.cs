using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary><c>completion</c>, sourced in a real shell.</summary>
public sealed class CommandLineCompletionTests
{
    [Theory]
    [InlineData("leaf ''", "get renew write")]
    [InlineData("leaf w", "write")]
    [InlineData("acl token cr", "create")]
    [InlineData("operator ''", "raft")]
    [InlineData("leaf write web -d", "-datacenter -dir")]
    [InlineData("leaf write web --o", "--once")]
    [InlineData("-http-addr x servers -form", "-format")]
    [InlineData("kv ''", "", "what help does not show is not offered")]
    public async Task Bash_completes_commands_and_flags(string typed, string expected, string because = "it is the table of the commands")
    {
        using var folder = new TemporaryFolder();
        (await RunningProcess.RunAsync(Repository.PublishedAgent, ["completion", "bash"])).ExitCode.Should().Be(0);

        // As the shell itself asks: by the function that is registered for the command.
        var (exit, output, errors) = await RunningProcess.RunAsync("bash", ["-euc", $$"""
            source <({{Repository.PublishedAgent}} completion bash)
            [[ $(complete -p connect-agent) =~ -F\ ([a-z_]+) ]]
            COMP_WORDS=(connect-agent {{typed}}); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            "${BASH_REMATCH[1]}" connect-agent
            echo "${COMPREPLY[*]}"
            """]);
        (exit, errors).Should().Be((0, string.Empty));
        (typed == "kv ''" ? output.Trim().Split(' ').Intersect(["get", "kv"]) : output.Trim().Split(' ')).Should().Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), because);
    }

    [Fact]
    public async Task Bash_offers_the_commands_that_help_shows()
    {
        var (_, _, help) = await RunningProcess.RunAsync(Repository.PublishedAgent, []);
        var commands = help.Split('\n').Skip(4).Where(static line => line.StartsWith("  ", StringComparison.Ordinal)).Select(static line => line.Trim().Split(' ')[0]);
        var (_, output, _) = await RunningProcess.RunAsync("bash", ["-c", $$"""
            source <({{Repository.PublishedAgent}} completion bash); COMP_WORDS=(connect-agent ''); COMP_CWORD=1; _connect_agent; echo "${COMPREPLY[*]}"
            """]);
        output.Trim().Split(' ').Should().HaveCountGreaterThan(30).And.Equal(commands);
    }

    [Theory] // the other shells read it, where they are there
    [InlineData("zsh", "-n")]
    [InlineData("fish", "--no-execute")]
    public async Task The_script_of_another_shell_is_one(string shell, string check)
    {
        var (exit, script, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["completion", shell]);
        (exit, errors).Should().Be((0, string.Empty));
        script.Should().Contain(" leaf write").And.Contain("once");
        if (Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, shell))))
        {
            using var folder = new TemporaryFolder();
            (await RunningProcess.RunAsync(shell, [check, folder.Write("script", script)])).Should().Be((0, string.Empty, string.Empty));
        }
    }

    [Fact]
    public async Task Another_shell_is_refused() =>
        (await RunningProcess.RunAsync(Repository.PublishedAgent, ["completion", "tcsh"])).Should().Be((1, string.Empty, "There is no completion for tcsh: choose bash, zsh or fish\n"));
}
