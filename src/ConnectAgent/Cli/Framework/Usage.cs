using System.CommandLine;
using System.Text;

namespace ConnectAgent.Cli.Framework;

/// <summary>The help of a command.</summary>
internal static class Usage
{
    private const string Executable = "connect-agent";

    public static string Of(Command command)
    {
        var path = PathOf(command);
        var text = new StringBuilder();
        if (command.Subcommands.Count > 0)
        {
            text.Append("Usage: ").Append(path).Append(" <command> [options]\n\n");
            Describe(text, command);
            text.Append(TextTable.Of([.. command.Subcommands.Where(static inner => !inner.Hidden).OrderBy(static inner => inner.Name, StringComparer.Ordinal).Select(static inner => new[] { "  " + inner.Name, inner.Description ?? string.Empty })]));
            return text.ToString();
        }

        text.Append("Usage: ").Append(path).Append(" [options]").Append(command.Arguments.Count > 0 ? " [args]\n\n" : "\n\n");
        Describe(text, command);
        if (command is CliCommand { Example: { Length: > 0 } example })
        {
            text.Append("  For instance: ").Append(Executable).Append(' ').Append(example).Append("\n\n");
        }

        var own = command.Options.Except(ApiFlags.All).Where(static option => !option.Hidden).ToList();
        Append(text, "Options", own);
        Append(text, "Options for the way to the agent", [.. command.Options.Intersect(ApiFlags.All)]);
        return text.ToString();
    }

    private static void Describe(StringBuilder text, Command command)
    {
        if (command.Description is { Length: > 0 } description)
        {
            text.Append("  ").Append(description).Append("\n\n");
        }
    }

    private static void Append(StringBuilder text, string title, List<Option> options)
    {
        if (options.Count > 0)
        {
            text.Append(title).Append(":\n\n").Append(TextTable.Of([.. options.Select(static option => new[] { "  " + option.Name, option.Description ?? string.Empty })])).Append('\n');
        }
    }

    private static string PathOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } outer
        ? $"{PathOf(outer)} {command.Name}"
        : Executable;
}
