using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Limits;

/// <summary>docs/limits.md and the bounds of the code are the same list.</summary>
public sealed partial class LimitsPageTests
{
    [Fact]
    public void Every_limit_of_the_code_is_on_the_page_and_every_row_of_the_page_is_in_the_code()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "limits.md"));
        var rows = Row().Matches(page).Select(match => $"{match.Groups["name"].Value}{match.Groups["rest"].Value}".TrimEnd()).ToList();
        var limits = Limits().Select(limit => limit.Row).ToList();
        string.Join('\n', limits.Except(rows)).Should().BeEmpty("docs/limits.md needs these rows");
        string.Join('\n', rows.Except(limits)).Should().BeEmpty("no bound of the code is what these rows of docs/limits.md say");
        rows.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Every_row_says_in_words_what_it_bounds() =>
        Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "limits.md")))
            .Where(row => row.Groups["what"].Value.Trim().Length < 5).Select(row => row.Groups["name"].Value).Should().BeEmpty();

    [Fact]
    public void No_two_limits_share_a_name() => Limits().Select(limit => limit.Mark.Name).Should().OnlyHaveUniqueItems();

    [Fact]
    public void What_is_named_like_a_bound_is_declared_as_one()
    {
        var undeclared =
            from type in Product.Types
            from field in type.GetFields(BindingFlags.DeclaredOnly | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            where BoundName().IsMatch(field.Name) && field.GetCustomAttribute<LimitAttribute>() is null
            select $"{type.FullName}.{field.Name}";
        undeclared.Should().BeEmpty("each bound has a [Limit] and a row in docs/limits.md; what is none has another name");
    }

    [Fact]
    public void The_rows_of_a_section_are_sorted_by_name()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "limits.md"));
        foreach (var section in page.Split("\n## ").Skip(1))
        {
            section.Split('\n').Where(line => Row().IsMatch(line)).Select(line => line.Split('`')[1])
                .Should().BeInAscendingOrder(StringComparer.Ordinal, section.Split('\n')[0]);
        }
    }

    private static IEnumerable<(LimitAttribute Mark, string Row)> Limits() =>
        DeclaredLimits.All.Select(limit => (limit.Mark, RowOf(limit.Mark, limit.Default)));

    private static string RowOf(LimitAttribute mark, object value) =>
        $"| `{mark.Name}` | {TextOf(value)} | {mark.Unit} | {(mark.Key is null ? "–" : $"`{mark.Key}`")} | {mark.Beyond} |";

    private static string TextOf(object value) =>
        value is TimeSpan time ? time.TotalSeconds.ToString(CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    [GeneratedRegex("^(Longest|Largest|Deepest|Most|Max)([A-Z]|$)")]
    private static partial Regex BoundName();

    // The second cell says in words what the bound is of; the code has the others.
    [GeneratedRegex(@"^(?<name>\| `[a-z0-9_.]+` )\|(?<what>[^|]*)(?<rest>\|.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
