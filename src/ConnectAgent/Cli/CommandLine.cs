using System.CommandLine;
using System.CommandLine.Help;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Telemetry;

namespace ConnectAgent.Cli;

/// <summary>The command line: <c>agent</c>, <c>snapshot</c>, <c>validate</c>, <c>version</c>.</summary>
internal static class CommandLine
{
    private const int Failure = 1;
    private const int UnknownCommand = 127;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("A local agent that gives every service an identity and an answer.");
        root.Options.OfType<HelpOption>().Single().Aliases.Add("-help");
        var agent = AgentCommand.Create();
        root.Subcommands.Add(agent);
        root.Subcommands.Add(ValidateCommand.Create());
        root.Subcommands.Add(SnapshotCommand.Create());
        root.Subcommands.Add(VersionCommand());
        root.SetAction(_ => UsageAsync());

        // Go's flags know neither bundles of one-letter options nor files of arguments.
        var result = root.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        return result switch
        {
            { Errors: [] } or { Action: HelpAction } => await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }),
            _ when result.CommandResult.Command == root => await UsageAsync(),
            _ when result.UnmatchedTokens.FirstOrDefault(static token => token.StartsWith('-')) is { } flag =>
                await FailAsync($"flag provided but not defined: -{flag.TrimStart('-').Split('=')[0]}", result),
            { UnmatchedTokens: [_, ..] extra } when result.CommandResult.Command == agent => await ExtraAsync(extra),
            _ => await FailAsync(result.Errors[0].Message, result),
        };
    }

    // As all that is wrong with the configuration of an agent, without the flags (config-and-cli FLAG-4).
    private static async Task<int> ExtraAsync(IReadOnlyList<string> extra)
    {
        await Console.Error.WriteLineAsync($"==> Unexpected extra arguments: [{string.Join(' ', extra)}]");
        return Failure;
    }

    private static async Task<int> FailAsync(string message, ParseResult result)
    {
        await Console.Error.WriteLineAsync(message);
        await Console.Error.WriteLineAsync($"Usage: connect-agent {result.CommandResult.Command.Name} [options]");
        foreach (var option in result.CommandResult.Command.Options)
        {
            await Console.Error.WriteLineAsync($"  {option.Name,-28} {option.Description}");
        }

        return Failure;
    }

    private static async Task<int> UsageAsync()
    {
        await Console.Error.WriteLineAsync("""
            Usage: connect-agent <command> [options]

              agent       Runs the agent.
              snapshot    Saves, restores and inspects the control plane's state.
              validate    Checks configuration files.
              version     Prints the version.
            """);
        return UnknownCommand;
    }

    private static Command VersionCommand()
    {
        var command = new Command("version", "Prints the version.");
        command.SetAction(async _ =>
        {
            // The first line is what tools that look for the reference's version read (config-and-cli FLAG-6).
            await Console.Out.WriteLineAsync($"Consul v{ApiVersion.Number}");
            await Console.Out.WriteLineAsync($"served by ConnectAgent v{ProductVersion.Own}");
            return 0;
        });
        return command;
    }
}
