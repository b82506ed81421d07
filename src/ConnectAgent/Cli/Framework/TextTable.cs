using System.Text;

namespace ConnectAgent.Cli.Framework;

/// <summary>Columns as wide as their content; the last one is not filled up.</summary>
internal static class TextTable
{
    private const int Gap = 2;

    /// <summary>Lays out rows of the same number of cells.</summary>
    /// <param name="rows">The first may be a head.</param>
    /// <param name="gap">Blanks between columns.</param>
    public static string Of(IReadOnlyList<string[]> rows, int gap = Gap)
    {
        var text = new StringBuilder();
        int[] widths = [.. Enumerable.Range(0, rows.Max(static row => row.Length)).Select(column => rows.Max(row => row.ElementAtOrDefault(column)?.Length ?? 0))];
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Length; column++)
            {
                text.Append(column == row.Length - 1 ? row[column] : row[column].PadRight(widths[column] + gap));
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
