using System.Text;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>The figures of one section.</summary>
internal sealed record BenchTable(string[] Columns)
{
    public List<string[]> Rows { get; } = [];

    public void Add(params string[] row)
    {
        Rows.Add(row);
        Console.WriteLine("| " + string.Join(" | ", row) + " |");
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Line(Columns);
        Line([.. Columns.Select(_ => "---")]);
        Rows.ForEach(Line);
        return text.ToString();

        void Line(string[] cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }
}
