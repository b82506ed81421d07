using System.CommandLine;
using ConnectAgent.Cli.Completion;
using ConnectAgent.Cli.Framework;

namespace ConnectAgent.Cli;

/// <summary><c>completion bash|zsh|fish</c>.</summary>
internal static class CompletionCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="root">Whose commands are completed, when all are there.</param>
    public static CliCommand Create(Command root) => CliCommand.Local(
        "completion", "Prints what completes commands and flags in a shell: bash, zsh or fish.", "completion bash > /etc/bash_completion.d/connect-agent", call =>
        {
            var entries = CompletionEntry.All(root);
            call.Output.Write(call.OneWord("SHELL") switch
            {
                "bash" => CompletionScript.Bash(entries),
                "zsh" => CompletionScript.Zsh(entries),
                "fish" => CompletionScript.Fish(entries),
                var shell => throw new CommandFailure($"There is no completion for {shell}: choose bash, zsh or fish"),
            });
            return Task.FromResult(0);
        });
}
