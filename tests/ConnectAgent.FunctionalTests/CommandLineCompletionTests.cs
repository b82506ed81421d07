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

    [ShellTheory("zsh")] // what it is given to choose from; the choosing is the shell's own
    [InlineData("connect-agent leaf ''", "get renew write")]
    [InlineData("connect-agent acl token cr", "clone create delete list read update")]
    [InlineData("connect-agent leaf renew web --f", "--ca-file --ca-path --client-cert --client-key --datacenter --format --http-addr --namespace --stale --tls-server-name --token --token-file")]
    public async Task Zsh_completes_commands_and_flags(string typed, string expected)
    {
        using var folder = new TemporaryFolder();
        var script = folder.Write("_connect-agent", await ScriptAsync("zsh"));
        (await RunningProcess.RunAsync("zsh", ["-n", script])).Should().Be((0, string.Empty, string.Empty));
        (await RunningProcess.RunAsync("zsh", ["-fc", $$"""
            compdef() { : }; compadd() { shift; print -r -- $@ }
            source {{script}}
            words=({{typed}}); CURRENT=$#words; PREFIX=$words[-1]
            _connect_agent
            """])).Should().Be((0, expected + "\n", string.Empty));
    }

    [ShellTheory("fish")]
    [InlineData("connect-agent leaf ", "get renew write")]
    [InlineData("connect-agent acl token cr", "create")]
    [InlineData("connect-agent leaf write web -d", "-datacenter -dir")]
    [InlineData("connect-agent leaf write web --o", "--once")]
    [InlineData("connect-agent -http-addr x servers -form", "-format")]
    public async Task Fish_completes_commands_and_flags(string typed, string expected)
    {
        using var folder = new TemporaryFolder();
        var script = folder.Write("connect-agent.fish", await ScriptAsync("fish"));
        (await RunningProcess.RunAsync("fish", ["--no-execute", script])).Should().Be((0, string.Empty, string.Empty));
        var (exit, output, errors) = await RunningProcess.RunAsync("env", [$"HOME={folder.Path}", "fish", "--no-config", "-c", $"source {script}; complete -C '{typed}'"]);
        (exit, errors).Should().Be((0, string.Empty));
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('\t')[0]).Should().Equal(expected.Split(' '));
    }

    [Fact]
    public async Task Another_shell_is_refused() =>
        (await RunningProcess.RunAsync(Repository.PublishedAgent, ["completion", "tcsh"])).Should().Be((1, string.Empty, "There is no completion for tcsh: choose bash, zsh or fish\n"));

    private static async Task<string> ScriptAsync(string shell)
    {
        var (exit, script, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["completion", shell]);
        (exit, errors).Should().Be((0, string.Empty));
        return script;
    }

    /// <summary>A theory about a shell that a machine need not have.</summary>
    private sealed class ShellTheoryAttribute : TheoryAttribute
    {
        public ShellTheoryAttribute(string shell) => Skip = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, shell)))
            ? null : $"there is no {shell} here";
    }
}
