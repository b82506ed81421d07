using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests;

/// <summary>The layout of docs/architecture.md: which project may see which, and that the folders of a project form no circle.</summary>
public sealed partial class LayoutTests
{
    private const string Root = "ConnectAgent";

    // A project exists only where a reference must be impossible, or for a consumer, a dependency or a process of its own.
    private static readonly Dictionary<string, string[]> MaySee = new(StringComparer.Ordinal)
    {
        ["ConnectAgent.Protocol"] = [],
        ["ConnectAgent.Client"] = ["ConnectAgent.Protocol"],
        ["ConnectAgent.Client.AspNetCore"] = ["ConnectAgent.Client", "ConnectAgent.Protocol"],
        ["ConnectAgent.Proxy"] = ["ConnectAgent.Client", "ConnectAgent.Protocol"],
        ["ConnectAgent.Caching"] = ["ConnectAgent.Protocol"],
        ["ConnectAgent.State"] = ["ConnectAgent.Protocol"],
        ["ConnectAgent.Agent"] = ["ConnectAgent.Caching", "ConnectAgent.Client", "ConnectAgent.State", "ConnectAgent.Protocol"],
        ["ConnectAgent.ControlPlane"] = ["ConnectAgent.State", "ConnectAgent.Protocol"],
        ["ConnectAgent.Http"] =
        [
            "ConnectAgent.Agent", "ConnectAgent.ControlPlane", "ConnectAgent.Caching", "ConnectAgent.Client", "ConnectAgent.State", "ConnectAgent.Protocol",
        ],
        ["ConnectAgent"] =
        [
            "ConnectAgent.Http", "ConnectAgent.Agent", "ConnectAgent.ControlPlane", "ConnectAgent.Caching", "ConnectAgent.Client", "ConnectAgent.Proxy", "ConnectAgent.State",
            "ConnectAgent.Protocol",
        ],
        ["ConnectAgent.Testing"] =
        [
            "ConnectAgent.Http", "ConnectAgent.Agent", "ConnectAgent.ControlPlane", "ConnectAgent.Caching", "ConnectAgent.Client", "ConnectAgent.State",
            "ConnectAgent.Protocol",
        ],
    };

    public static TheoryData<string> Projects => [.. MaySee.Keys];

    [Fact]
    public void Every_project_has_its_place() =>
        Directory.EnumerateFiles(Source, "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).Should().BeEquivalentTo(MaySee.Keys);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_sees_only_what_it_may(string project)
    {
        XDocument.Load(Path.Combine(Source, project, $"{project}.csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))
            .Should().BeSubsetOf(MaySee[project]);

        // What it uses of those that it sees through another one counts, too.
        Product.Assemblies.Single(assembly => NameOf(assembly.GetName()) == project).GetReferencedAssemblies().Select(NameOf)
            .Where(name => name.StartsWith(Root, StringComparison.Ordinal)).Should().BeSubsetOf(MaySee[project]);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_folders_of_a_project_form_no_circle(string project)
    {
        var files = Code(project);
        files.Should().NotBeEmpty();
        Circles(Edges(files)).Should().BeEmpty();
    }

    [Fact] // the test above must be able to fail
    public void A_circle_is_found_whichever_way_the_folders_name_each_other()
    {
        CodeFile[] files =
        [
            new("P.A", "using P.B;\nnamespace P.A;\ninternal sealed class Left;"),
            new("P.B", "namespace P.B;\ninternal sealed class Right { object _ = new A.Left(); }"),
            new("P.B.Deep", "namespace P.B.Deep;\ninternal sealed class Low { Right? _; }"),
        ];
        Circles(Edges(files)).Should().Equal("P.A P.B");
        files[1] = new("P.B", "using P.B.Deep;\nnamespace P.B;\ninternal sealed class Right;");
        Circles(Edges(files)).Should().Equal("P.B P.B.Deep");
        files[1] = new("P.B", "namespace P.B;\n// Left\ninternal sealed class Right;");
        Circles(Edges(files)).Should().BeEmpty();
    }

    // The executable has a name of its own.
    private static string NameOf(AssemblyName assembly) => assembly.Name == "connect-agent" ? Root : assembly.Name!;

    private static string Source => Path.Combine(Repository.Root, "src");

    private static List<CodeFile> Code(string project) =>
        [.. Directory.EnumerateFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Select(path => new CodeFile(Path.GetRelativePath(Source, Path.GetDirectoryName(path)!).Replace('/', '.'), File.ReadAllText(path)))];

    /// <summary>Which folder names a type of which: by a using, by its name in an outer namespace, or with the folder before it.</summary>
    private static Dictionary<string, HashSet<string>> Edges(IReadOnlyCollection<CodeFile> files)
    {
        var types = files.GroupBy(file => file.Folder).ToDictionary(
            folder => folder.Key, folder => folder.SelectMany(file => Declaration().Matches(file.Text)).Select(found => found.Groups["name"].Value).ToHashSet());
        var edges = types.Keys.ToDictionary(folder => folder, _ => new HashSet<string>());
        foreach (var file in files)
        {
            var names = Name().Matches(file.Text).Select(found => found.Value).ToHashSet();
            var seen = edges[file.Folder];
            foreach (var (folder, declared) in types.Where(other => other.Key != file.Folder))
            {
                var last = folder[(folder.LastIndexOf('.') + 1)..];
                var isOuter = file.Folder.StartsWith(folder + '.', StringComparison.Ordinal);
                if (file.Text.Contains($"using {folder};", StringComparison.Ordinal)
                    || (isOuter && declared.Overlaps(names) && !declared.IsSubsetOf(types[file.Folder]))
                    || Regex.Matches(file.Text, $@"\b{last}\.(?<name>\w+)").Any(found => declared.Contains(found.Groups["name"].Value)))
                {
                    seen.Add(folder);
                }
            }
        }

        return edges;
    }

    /// <summary>The folders that reach each other, a line for each such group.</summary>
    private static List<string> Circles(Dictionary<string, HashSet<string>> edges)
    {
        var reaches = edges.Keys.ToDictionary(folder => folder, folder =>
        {
            var reached = new HashSet<string>();
            var next = new Stack<string>(edges[folder]);
            while (next.TryPop(out var at))
            {
                if (reached.Add(at))
                {
                    foreach (var further in edges[at])
                    {
                        next.Push(further);
                    }
                }
            }

            return reached;
        });
        return [.. reaches.Where(folder => folder.Value.Contains(folder.Key))
            .Select(folder => string.Join(' ', folder.Value.Where(other => reaches[other].Contains(folder.Key)).Order(StringComparer.Ordinal)))
            .Distinct().Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(?:[a-z]+ )*(?:class|struct|interface|enum|record(?: struct)?)\s+(?<name>[A-Z]\w*)|^(?:[a-z]+ )*delegate\s+\S+\s+(?<name>[A-Z]\w*)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b[A-Z]\w*\b")]
    private static partial Regex Name();

    private sealed record CodeFile(string Folder, string Source)
    {
        /// <summary>Without comments.</summary>
        public string Text { get; } = Comment().Replace(Source, string.Empty);
    }
}
