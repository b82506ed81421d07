using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli;

/// <summary>The command line: Consul's commands, flags, exit codes and texts (config-and-cli sections 3 and 4, clients section 5).</summary>
internal static class CommandRunner
{
    private const int Failure = 1;
    private const int UnknownCommand = 127;

    /// <summary>All commands. One tree for the process: flags that commands share keep a list of all whose they are.</summary>
    internal static RootCommand Root { get; } = CreateRoot();

    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            return await RunAsync(arguments, Console.Out, Console.Error);
        }
        catch (Exception error)
        {
            // A disk that is full behind standard output, for one; all else is a fault of ours, and told in full.
            return Tell(error is IOException or UnauthorizedAccessException ? "Error: " + error.Message : "Unhandled exception: " + error);
        }
    }

    /// <summary>Runs one command.</summary>
    /// <param name="arguments">The words of the command line.</param>
    /// <param name="output">Gets what it prints.</param>
    /// <param name="errors">Gets what is wrong.</param>
    /// <returns>The exit code.</returns>
    internal static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors)
    {
        // The reference's own spelling of a command.
        arguments = arguments is ["-v" or "-version" or "--version"] ? ["version"] : arguments;

        var flags = GoFlags.Read(Root, arguments);
        if (flags.Mistake is { } mistake)
        {
            return await FailAsync(mistake, flags.Command, errors);
        }

        // Go's flags know neither bundles of one-letter options nor files of arguments.
        var result = Root.Parse(flags.Arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        var command = result.CommandResult.Command;
        if (result.Action is UsageAction)
        {
            await output.WriteAsync(Usage.Of(command));
            return 0;
        }

        if (FlagIn(result) is { } flag)
        {
            return await FailAsync($"flag provided but not defined: -{flag.TrimStart('-').Split('=')[0]}", command, errors);
        }

        if (command.Subcommands.Count > 0)
        {
            await errors.WriteAsync(Usage.Of(command));
            return command == Root ? UnknownCommand : Failure;
        }

        return result switch
        {
            { Errors: [] } => await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false, Output = output, Error = errors }),
            { UnmatchedTokens: [_, ..] extra } when command.Name == AgentCommand.Name => await ExtraAsync(extra, errors),
            _ => await FailAsync(result.Errors[0].Message, command, errors),
        };
    }

    private static int Tell(string failure)
    {
        try
        {
            Console.Error.WriteLine(failure);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nowhere is left to tell it.
        }

        return Failure;
    }

    private static RootCommand CreateRoot()
    {
        var root = Commands.Create();
        root.Options.Remove(root.Options.OfType<VersionOption>().Single());
        var help = root.Options.OfType<HelpOption>().Single();
        help.Aliases.Add("-help");
        help.Action = new UsageAction();
        return root;
    }

    // What looks like a flag is one, wherever it stands; "-" alone is standard input.
    private static string? FlagIn(ParseResult result)
    {
        if (!result.CommandResult.Command.TreatUnmatchedTokensAsErrors)
        {
            return null;
        }

        var words = result.CommandResult.Command is CliCommand { Words: { } argument, RunsProgram: false } ? result.GetValue(argument) ?? [] : [];
        return result.UnmatchedTokens.Concat(words).FirstOrDefault(static word => word is ['-', _, ..] && !char.IsAsciiDigit(word[1]));
    }

    // As all that is wrong with the configuration of an agent, without the flags (config-and-cli FLAG-4).
    private static async Task<int> ExtraAsync(IReadOnlyList<string> extra, TextWriter errors)
    {
        await errors.WriteLineAsync($"==> Unexpected extra arguments: [{string.Join(' ', extra)}]");
        return Failure;
    }

    private static async Task<int> FailAsync(string message, Command command, TextWriter errors)
    {
        await errors.WriteLineAsync(message);
        await errors.WriteAsync(Usage.Of(command));
        return Failure;
    }

    // Help is told by the parser, and printed here.
    private sealed class UsageAction : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult) => 0;
    }
}
