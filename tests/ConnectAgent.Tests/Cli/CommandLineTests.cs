using System.CommandLine;
using System.CommandLine.Parsing;
using ConnectAgent.Cli;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Cli;

/// <summary>The rules of the command line that hold for every command (config-and-cli FLAG-1, FLAG-4, FLAG-6, ENV).</summary>
public sealed class CommandLineTests
{
    [Theory] // FLAG-1: one dash or two, with a blank or an equals sign; a switch does not take the next word
    [InlineData("intention", "create", "-deny", "-http-addr", "ADDRESS", "web", "db")]
    [InlineData("intention", "create", "--deny=true", "--http-addr=ADDRESS", "web", "db")]
    [InlineData("intention", "create", "-allow=false", "-deny", "-http-addr=ADDRESS", "-meta", "a=b", "-meta=c=d", "web", "db")]
    public async Task A_flag_is_taken_as_the_reference_takes_it(params string[] arguments)
    {
        await using var agent = await InProcessAgent.StartAsync();
        (await RunAsync([.. arguments.Select(word => word.Replace("ADDRESS", agent.Address.Authority, StringComparison.Ordinal))]))
            .Should().Be((0, "Created: web => db (deny)\n", string.Empty));
    }

    [Theory] // as Go's flags: an empty value is one, a value may look like a flag, switches have Go's spellings, and the last counts
    [InlineData("Created: web => db (deny)\n", "-deny=1", "-allow=f", "-token=", "web", "db")]
    [InlineData("Created: web => db (deny)\n", "-deny", "-datacenter", "", "web", "db")]
    [InlineData("Created: web => db (deny)\n", "-allow=T", "-deny=TRUE", "-allow=0", "-meta", "-deny=x", "web", "db")]
    public async Task A_value_is_read_as_Go_reads_it(string expected, params string[] arguments)
    {
        await using var agent = await InProcessAgent.StartAsync();
        (await RunAsync(["intention", "create", "-http-addr", agent.Address.Authority, .. arguments])).Should().Be((0, expected, string.Empty));
    }

    [Theory] // a switch that says neither yes nor no must not count as yes
    [InlineData("invalid boolean value \"flase\" for -enable: parse error\nUsage: connect-agent maint", "maint", "-enable=flase")]
    [InlineData("invalid boolean value \"\" for -dev: parse error\nUsage: connect-agent agent", "agent", "-dev=")]
    [InlineData("flag needs an argument: -http-addr\nUsage: connect-agent members", "members", "-http-addr")]
    [InlineData("flag needs an argument: -config-dir\nUsage: connect-agent agent", "agent", "--config-dir")]
    public async Task A_value_that_is_none_is_told(string expected, params string[] arguments)
    {
        var (exit, output, errors) = await RunAsync(arguments);
        (exit, output).Should().Be((1, string.Empty));
        errors.Should().StartWith(expected);
    }

    [Theory] // values that no certificate and no timer can hold
    [InlineData("invalid value \"99999999\" for flag -days: parse error\n", "tls", "ca", "create", "-domain", "nosuch", "-days", "99999999")]
    [InlineData("Invalid DNS name: \"../x\"\n", "tls", "ca", "create", "-domain", "../x")]
    [InlineData("Invalid DNS name: \"é\"\n", "tls", "ca", "create", "-domain", "nosuch", "-name-constraint", "-additional-name-constraint", "é")]
    [InlineData("Invalid DNS name: \"a b\"\n", "tls", "cert", "create", "-server", "-node", "a b")]
    [InlineData("Invalid DNS name: \"cli.../x.consul\"\n", "tls", "cert", "create", "-cli", "-dc", "../x")]
    [InlineData("-exec-timeout must be above 0s, and 24h0m0s at most\n", "leaf", "write", "web", "-dir", "nosuch", "-exec-timeout", "-1s")]
    [InlineData("-duration must be above 0s, and 24h0m0s at most\n", "debug", "-duration=-1s")]
    [InlineData("-exec-timeout must be above 0s, and 24h0m0s at most\n", "leaf", "write", "web", "-dir", "nosuch", "-exec-timeout", "99999h")]
    public async Task A_value_out_of_bounds_is_told(string expected, params string[] arguments) =>
        (await RunAsync(arguments)).Should().Be((1, string.Empty, expected));

    [Theory] // a variable of a script that is not set
    [InlineData("Error opening snapshot file: open : no such file or directory\n", "snapshot", "inspect", "")]
    [InlineData("Error saving snapshot: open : no such file or directory\n", "snapshot", "save", "")]
    [InlineData("Error connecting to Consul agent: /dev/zero holds more than 65536 bytes, and so no token\n", "members", "-token-file", "/dev/zero")]
    [InlineData("Error: open : no such file or directory\n", "services", "register", "")]
    [InlineData("Failed to load data: Failed to read file: open : no such file or directory\n", "config", "write", "")]
    public async Task A_file_that_is_none_is_told(string expected, params string[] arguments) =>
        (await RunAsync(arguments)).Should().Be((1, string.Empty, expected));

    [Fact] // Go's flags end at the first word
    public async Task The_flags_of_a_watched_program_are_its_own()
    {
        var (exit, _, errors) = await RunAsync("watch", "-http-addr=127.0.0.1:1", "-type=services", "sh", "-c", "exit 3");
        exit.Should().Be(1);
        errors.Should().StartWith("Error querying Consul agent: ", "nothing is wrong with the flags");
    }

    [Fact] // opened as a file it would wait for its other end, and no signal would end that
    public async Task A_pipe_is_no_snapshot()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        (await RunningProcess.RunAsync("mkfifo", [path])).ExitCode.Should().Be(0);
        try
        {
            (await Task.Run(() => RunAsync("snapshot", "inspect", path)).WaitAsync(TimeSpan.FromMinutes(1)))
                .Should().Be((1, string.Empty, "Error reading snapshot: it is no regular file\n"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact] // what is not known is named, with the help of the command; the exit code is 1
    public async Task A_flag_that_is_not_known_is_named()
    {
        var (exit, output, errors) = await RunAsync("members", "-nosuch=1");
        (exit, output).Should().Be((1, string.Empty));
        errors.Should().StartWith("flag provided but not defined: -nosuch\nUsage: connect-agent members");
    }

    [Theory] // FLAG-6
    [InlineData(127)]
    [InlineData(127, "nosuch")]
    [InlineData(1, "intention")]
    [InlineData(1, "intention", "nosuch")]
    public async Task Without_a_command_there_is_help(int expected, params string[] arguments)
    {
        var (exit, output, errors) = await RunAsync(arguments);
        (exit, output).Should().Be((expected, string.Empty));
        errors.Should().StartWith("Usage: connect-agent ");
    }

    [Theory]
    [InlineData("kv", "get", "a")]
    [InlineData("exec", "-service", "web", "ls")]
    [InlineData("operator", "autopilot", "get-config")]
    [InlineData("connect", "redirect-traffic")]
    public async Task What_is_not_part_of_the_product_says_so_in_a_sentence(params string[] arguments)
    {
        var (exit, _, errors) = await RunAsync(arguments);
        exit.Should().Be(1);
        errors.TrimEnd('\n').Should().Contain("is not part of this product: it has no ").And.EndWith(".").And.NotContain("\n");
    }

    [Theory]
    [InlineData("ftp://x", "Error connecting to Consul agent: Unknown protocol scheme: ftp\n")]
    [InlineData("unix:///nowhere/agent.sock", "Error retrieving members: Get \"http://%2Fnowhere%2Fagent.sock/v1/agent/members?segment=_all\": dial unix /nowhere/agent.sock: connect: no such file or directory\n")]
    public async Task An_address_that_leads_nowhere_is_told(string address, string expected) =>
        (await RunAsync("members", "-http-addr", address)).Should().Be((1, string.Empty, expected));

    [Fact] // GO-4: dc and stale go along; the agent answers what it would answer anyone
    public async Task The_datacenter_that_is_asked_for_goes_along()
    {
        await using var agent = await InProcessAgent.StartAsync();
        (await RunAsync("config", "list", "-kind", "mesh", "-datacenter", "dc9", "-stale", "-http-addr", agent.Address.Authority))
            .Should().Be((1, string.Empty, "Error listing config entries for kind \"mesh\": Unexpected response code: 500 (No path to datacenter)\n"));
    }

    [Theory] // whatever is wrong with a command line, what was given as a secret is not repeated
    [InlineData(1, "members", "-tokn=SECRET")]
    [InlineData(1, "members", "-tokn", "SECRET")]
    [InlineData(1, "-token", "SECRET", "members")]
    [InlineData(1, "members", "-token", "SECRET", "-http-addr", "ftp://x")]
    [InlineData(1, "members", "-token", "SECRET", "-http-addr", "127.0.0.1:1")]
    [InlineData(1, "leaf", "get", "web", "-token=SECRET", "-http-addr", "127.0.0.1:1", "-format=yaml")]
    [InlineData(1, "acl", "set-agent-token", "default", "SECRET", "-http-addr", "127.0.0.1:1")]
    [InlineData(1, "acl", "set-agent-token", "default", "SECRET", "SECRET")]
    [InlineData(1, "acl", "token", "create", "-secret", "SECRET", "-policy-name", "p", "-http-addr", "127.0.0.1:1")]
    public async Task A_secret_of_the_command_line_is_not_repeated(int expected, params string[] arguments)
    {
        const string Secret = "5ec3e7ab-9999-1111-2222-333344445555";
        var (exit, output, errors) = await RunAsync([.. arguments.Select(static word => word.Replace("SECRET", Secret, StringComparison.Ordinal))]);
        exit.Should().Be(expected, errors);
        (output + errors).Should().NotBeEmpty().And.NotContain(Secret);
    }

    public static TheoryData<string> Names => [.. All(CommandRunner.Root, string.Empty)];

    [Theory] // every command has help with an example, which the command line itself understands
    [MemberData(nameof(Names))]
    public async Task Every_command_has_help_with_an_example(string name)
    {
        var (exit, help, errors) = await RunAsync([.. name.Split(' '), "-h"]);
        (exit, errors).Should().Be((0, string.Empty));
        var example = help.Split("For instance: connect-agent ").Should().HaveCount(2, help).And.Subject.Last().Split('\n')[0];
        var words = CommandLineParser.SplitCommandLine(example.Split(" > ")[0]).ToArray();
        var result = CommandRunner.Root.Parse(words, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        result.Errors.Should().BeEmpty(example);
        result.UnmatchedTokens.Should().BeEmpty(example);
        $"{string.Join(' ', words)} ".Should().StartWith(name + " ");
        result.CommandResult.Command.Name.Should().Be(name.Split(' ')[^1]);
    }

    private static IEnumerable<string> All(Command command, string name) => command.Subcommands.Count == 0
        ? [name]
        : command.Subcommands.Where(static inner => !inner.Hidden).SelectMany(inner => All(inner, $"{name} {inner.Name}".TrimStart()));

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        var exit = await CommandRunner.RunAsync(arguments, output, errors);
        return (exit, output.ToString(), errors.ToString());
    }
}
