using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.Benchmarks.Suite;

/// <summary>Runs the sections asked for, prints their tables, and puts them into docs/performance.md and docs/performance.json.</summary>
internal static class BenchSuite
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly (string Name, Func<Task<BenchTable>> Run)[] Sections =
    [
        ("authorize", () => RequestSections.RunAsync("authorize")),
        ("roots", () => RequestSections.RunAsync("roots")),
        ("leaf", () => RequestSections.RunAsync("leaf")),
        ("leaf-watched", () => RequestSections.RunAsync("leaf-watched")),
        ("match", () => RequestSections.RunAsync("match")),
        ("health", () => RequestSections.RunAsync("health")),
        ("health-many", HealthSections.ManyAsync),
        ("health-readers", HealthSections.ReadersAsync),
        ("acl", RequestSections.AclAsync),
        ("scale", RequestSections.ScaleAsync),
        ("issue", IssueSection.RunAsync),
        ("memory", MemorySections.RunAsync),
        ("readers", ReaderSections.RunAsync),
        ("start", StartSections.RunAsync),
        ("idle", StartSections.IdleAsync),
        ("churn", ChurnSection.RunAsync),
        ("services", ServiceSections.RunAsync),
        ("checks", CheckSections.RunAsync),
        ("library", LibrarySection.RunAsync),
    ];

    public static async Task<int> RunAsync(IReadOnlyList<string> asked)
    {
        var unknown = asked.Except(Sections.Select(section => section.Name), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
        {
            Console.Error.WriteLine($"unknown section {unknown[0]}; there are: {string.Join(' ', Sections.Select(section => section.Name))}");
            return 2;
        }

        foreach (var (name, run) in Sections.Where(section => asked.Count == 0 || asked.Contains(section.Name, StringComparer.Ordinal)))
        {
            Console.WriteLine($"## {name}");
            var table = await run();
            Write(name, table);
            Console.WriteLine();
            Console.WriteLine(table.ToMarkdown());
        }

        return 0;
    }

    // What is between the marks of a section is replaced; the prose around it is ours.
    private static void Write(string name, BenchTable table)
    {
        var page = Path.Combine(Repository.Root, "docs", "performance.md");
        var text = File.ReadAllText(page);
        var (begin, end) = ($"<!-- bench:{name} -->\n", "<!-- /bench -->");
        if (text.IndexOf(begin, StringComparison.Ordinal) is >= 0 and var start)
        {
            start += begin.Length;
            var stop = text.IndexOf(end, start, StringComparison.Ordinal);
            File.WriteAllText(page, text[..start] + table.ToMarkdown() + text[stop..]);
        }

        var data = Path.Combine(Repository.Root, "docs", "performance.json");
        var all = File.Exists(data) ? JsonNode.Parse(File.ReadAllText(data))!.AsObject() : [];
        all[name] = new JsonArray([.. table.Rows.Select(row => new JsonObject(
            table.Columns.Zip(row, (column, cell) => KeyValuePair.Create(column, (JsonNode?)JsonValue.Create(cell)))))]);
        File.WriteAllText(data, all.ToJsonString(Readable) + "\n");
    }
}
