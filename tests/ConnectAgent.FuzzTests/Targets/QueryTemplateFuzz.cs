using System.Text;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Templates of prepared queries with a name filled in (services PQ-8). The first line is the name, the second the regular expression, the rest a text.</summary>
internal sealed class QueryTemplateFuzz : FuzzTarget
{
    private const int MostRendered = 65_536;

    public override string Name => "query-template";

    public override IReadOnlyList<string> Words =>
    [
        "\n", "${", "}", "$${", "${name.full}", "${name.prefix}", "${name.suffix}", "${match(0)}", "${match(1)}", "${match(99999999999)}", "${ match( 1 ) }", "${agent.segment}",
        "^geo-(.*)$", "(", ")", "(?P<a>x)", "(?i)", "(?:", "|", "{1,9}", "[^-]*", "\\pL", "geo-", "\u00e9",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(ServerException)];

    // A pattern becomes an automaton, whose size has a bound of its own (filter.pattern_unfolded); so has what is rendered.
    public override long FreeWork => 32 << 20;

    public override bool Run(byte[] input)
    {
        if (Encoding.UTF8.GetString(input).Split('\n', 3) is not [var name, var pattern, var text])
        {
            return false;
        }

        var query = new PreparedQuery
        {
            Name = name.Length > 4 ? name[..4] : string.Empty,
            Template = new QueryTemplate(QueryTemplate.NamePrefix, pattern, RemoveEmptyTags: true),
            Service = new QueriedService { Service = text, Tags = [text, "!" + text] },
        };
        TemplateRendering.Check(query);
        var rendered = TemplateRendering.Render(query, name).Service;
        Require(rendered.Service.Length + rendered.Tags!.Sum(tag => tag.Length) <= MostRendered, "more comes out than may");
        Require(rendered.Tags!.All(tag => tag.Trim().Length > 0), "a tag that is empty");
        Require(text.Contains('$', StringComparison.Ordinal) || rendered.Service == text, "a text without a place has changed");
        return true;
    }
}
