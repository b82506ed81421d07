using System.CommandLine;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Framework;

/// <summary>A command with an example; groups are such, too.</summary>
internal sealed class CliCommand(string name, string description, string example = "") : Command(name, description)
{
    private const int Stopped = 1;

    /// <summary>What help shows; empty for none.</summary>
    public string Example => example;

    /// <summary>Whether its first word is a program, and all behind it the program's.</summary>
    public bool RunsProgram { get; set; }

    /// <summary>The words behind the flags; null where none are taken.</summary>
    public Argument<string[]>? Words { get; private set; }

    /// <summary>A group of commands.</summary>
    public static CliCommand Group(string name, string description, params ReadOnlySpan<Command> commands)
    {
        var group = new CliCommand(name, description);
        foreach (var command in commands)
        {
            group.Subcommands.Add(command);
        }

        return group;
    }

    /// <summary>A command that asks the agent.</summary>
    /// <param name="name">Its last word.</param>
    /// <param name="description">One sentence.</param>
    /// <param name="example">A line as one would type it.</param>
    /// <param name="run">Returns the exit code.</param>
    /// <param name="options">Its own flags.</param>
    public static CliCommand Asking(string name, string description, string example, Func<Invocation, Task<int>> run, params ReadOnlySpan<Option> options)
    {
        var command = Local(name, description, example, async call =>
        {
            using var api = Open(call.Result);
            return await run(call with { Api = api });
        }, options);
        foreach (var option in ApiFlags.All)
        {
            command.Options.Add(option);
        }

        return command;
    }

    /// <summary>A command that needs no agent.</summary>
    /// <inheritdoc cref="Asking"/>
    public static CliCommand Local(string name, string description, string example, Func<Invocation, Task<int>> run, params ReadOnlySpan<Option> options)
    {
        var words = new Argument<string[]>("words") { Arity = ArgumentArity.ZeroOrMore, Hidden = true };
        var command = new CliCommand(name, description, example) { Words = words };
        command.Arguments.Add(words);
        foreach (var option in options)
        {
            command.Options.Add(option);
        }

        command.SetAction(async (result, cancellationToken) =>
        {
            using var stop = new StopSignals(cancellationToken);
            try
            {
                return await run(new Invocation(result, result.GetValue(words) ?? [], stop.Token));
            }
            catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
            {
                return Stopped;
            }
            catch (CommandFailure failure)
            {
                if (failure.Message.Length > 0)
                {
                    await result.InvocationConfiguration.Error.WriteAsync(failure.Message + "\n");
                }

                if (failure.WithUsage)
                {
                    await result.InvocationConfiguration.Error.WriteAsync(Usage.Of(command));
                }

                return failure.ExitCode;
            }
        });
        return command;
    }

    /// <summary>A command that says in one sentence that there is no such thing here.</summary>
    public static Command NotServed(string name, string what)
    {
        var command = new Command(name, $"Not part of this product: it has no {what}.")
        {
            TreatUnmatchedTokensAsErrors = false,
            Hidden = true,
        };
        command.SetAction(async result =>
        {
            await result.InvocationConfiguration.Error.WriteLineAsync($"\"{name}\" is not part of this product: it has no {what}.");
            return 1;
        });
        return command;
    }

    private static AgentApi Open(ParseResult result)
    {
        try
        {
            return AgentApi.Open(ApiFlags.Of(result));
        }
        catch (ApiException error)
        {
            throw new CommandFailure("Error connecting to Consul agent: " + error.Message);
        }
    }
}
