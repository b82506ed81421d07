using System.CommandLine;
using System.CommandLine.Help;

namespace ConnectAgent.Cli.Completion;

/// <summary>What may stand behind the words of a command.</summary>
/// <param name="Path">The words, each behind a blank; empty for none.</param>
/// <param name="Words">Commands or flags, with their descriptions.</param>
internal sealed record CompletionEntry(string Path, IReadOnlyList<(string Word, string Description)> Words)
{
    /// <summary>Those of all commands that help shows.</summary>
    public static IReadOnlyList<CompletionEntry> All(Command root) => [.. Of(root, string.Empty)];

    private static IEnumerable<CompletionEntry> Of(Command command, string path)
    {
        var inner = command.Subcommands.Where(static one => !one.Hidden).OrderBy(static one => one.Name, StringComparer.Ordinal).ToList();
        var words = inner.Count > 0
            ? inner.Select(static one => (one.Name, one.Description ?? string.Empty))
            : command.Options.Where(static option => option is { Hidden: false } and not HelpOption).OrderBy(static option => option.Name, StringComparer.Ordinal)
                .Select(static option => (option.Name, option.Description ?? string.Empty));
        return inner.SelectMany(one => Of(one, $"{path} {one.Name}")).Prepend(new CompletionEntry(path, [.. words]));
    }
}
