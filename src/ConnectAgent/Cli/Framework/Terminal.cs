using Spectre.Console;

namespace ConnectAgent.Cli.Framework;

/// <summary>What a person sees who sits at a terminal: tables with lines, colours, progress. In a pipe, or where <c>TERM=dumb</c>, there is none of it; <c>NO_COLOR</c> leaves the colours out.</summary>
internal static class Terminal
{
    // A line and a blank on each side.
    private const int CellFrame = 3;

    private static readonly Style Head = new(decoration: Decoration.Bold);
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red);
    private static readonly Style Doubtful = new(Color.Yellow);

    /// <summary>Whether a writer ends at a terminal.</summary>
    public static bool Is(TextWriter writer) => Environment.GetEnvironmentVariable("TERM") != "dumb"
        && ((ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected) || (ReferenceEquals(writer, Console.Error) && !Console.IsErrorRedirected));

    /// <summary>Prints a table, unless there is no terminal, or one that is too narrow to hold it without breaking what stands in its cells.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="rows">The first is the head.</param>
    /// <returns>Whether it was printed.</returns>
    public static bool TryTable(TextWriter output, IReadOnlyList<string[]> rows)
    {
        if (!Is(output))
        {
            return false;
        }

        var console = Open(output);
        if (rows[0].Select((_, column) => rows.Max(row => row[column].Length) + CellFrame).Sum() >= console.Profile.Width)
        {
            return false;
        }

        var table = new Table { Border = TableBorder.Rounded };
        foreach (var name in rows[0])
        {
            table.AddColumn(new TableColumn(new Text(name, Head)));
        }

        foreach (var row in rows.Skip(1))
        {
            table.AddRow(row.Select(static cell => new Text(cell, StyleOf(cell))));
        }

        console.Write(table);
        return true;
    }

    /// <summary>Prints a line whose first word says how it is.</summary>
    public static void Line(TextWriter output, string word, string rest)
    {
        var console = Open(output);
        console.Write(new Text(word, StyleOf(word)));
        output.Write(rest + "\n");
    }

    /// <summary>Does long work, and shows on standard error that it goes on while that is a terminal.</summary>
    /// <param name="errors">Standard error.</param>
    /// <param name="what">The work, in a word or two.</param>
    /// <param name="work">Says from 0 to 1 how far it is, if it knows.</param>
    public static async Task<T> ProgressAsync<T>(TextWriter errors, string what, Func<Action<double>, Task<T>> work)
    {
        if (!Is(errors))
        {
            return await work(static _ => { });
        }

        return await Open(errors).Progress().AutoClear(enabled: true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(what), maxValue: 1);
                task.IsIndeterminate = true;
                return await work(share =>
                {
                    task.IsIndeterminate = false;
                    task.Value = share;
                });
            });
    }

    private static IAnsiConsole Open(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    private static Style StyleOf(string word) => word switch
    {
        "ok" or "healthy" or "fresh" or "alive" or "leader" or "allow" => Good,
        "fail" or "failing" or "failed" or "deny" => Bad,
        "warn" or "restored" or "left" or "unknown" => Doubtful,
        _ => Style.Plain,
    };
}
