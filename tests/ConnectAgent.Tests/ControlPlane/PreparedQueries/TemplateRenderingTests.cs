using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Protocol.Errors;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.PreparedQueries;

/// <summary>services PQ-8.</summary>
public sealed class TemplateRenderingTests
{
    [Theory]
    [InlineData("${name.full}", "geo-db-eu")]
    [InlineData("a ${name.prefix} b ${ name.suffix } c", "a geo- b db-eu c")]
    [InlineData("${match(0)}|${match(1)}|${match( 2 )}|${match(3)}|${match(99)}", "geo-db-eu|db|eu||")]
    [InlineData("${agent.segment}", "")]
    [InlineData("$${name.full} $5 {}", "${name.full} $5 {}")]
    [InlineData("", "")]
    public void Places_are_filled_in(string text, string expected) => Rendered(text).Service.Should().Be(expected);

    [Theory]
    [InlineData("${nope}", "unknown variable accessed: nope")]
    [InlineData("${name.full", "expected closing brace")]
    [InlineData("${match(x)}", "match needs a number: x")]
    [InlineData("${match(-1)}", "match needs a number: -1")]
    [InlineData("${match()}", "match needs a number: ")]
    public void A_place_that_is_none_is_refused_when_it_is_written(string text, string why)
    {
        var check = () => TemplateRendering.Check(Template(text));
        check.Should().Throw<ServerException>().WithMessage($"Bad format '{text}' in Service.Service: {why}").Which.Kind.Should().Be(FailureKind.Mistake);
    }

    [Theory]
    [InlineData("other", "", "Bad Template.Type 'other'")]
    [InlineData("name_prefix_match", "(", "Bad Regexp: error parsing regexp: missing closing ): `(`")]
    [InlineData("name_prefix_match", "a**", "Bad Regexp: error parsing regexp: invalid nested repetition operator: `a**`")]
    public void A_template_that_could_not_be_used_is_refused(string type, string pattern, string text)
    {
        var check = () => TemplateRendering.Check(Template("x") with { Template = new(type, pattern, false) });
        check.Should().Throw<ServerException>().WithMessage(text);
    }

    [Fact]
    public void Every_text_is_filled_in_but_names_of_meta()
    {
        const string Place = "${name.suffix}";
        var meta = new Dictionary<string, string>(StringComparer.Ordinal) { [Place] = Place };
        var rendered = TemplateRendering.Render(
            new PreparedQuery
            {
                Name = "geo-",
                Template = new(QueryTemplate.NamePrefix, string.Empty, RemoveEmptyTags: false),
                Service = new QueriedService
                {
                    Service = Place,
                    Datacenters = [Place],
                    IgnoreCheckIds = [Place],
                    Near = Place,
                    Tags = [Place, "!" + Place],
                    NodeMeta = meta,
                    ServiceMeta = meta,
                },
            },
            "GEO-x").Service;
        rendered.Should().BeEquivalentTo(new QueriedService
        {
            Service = "x",
            Datacenters = ["x"],
            IgnoreCheckIds = ["x"],
            Near = "x",
            Tags = ["x", "!x"],
            NodeMeta = new Dictionary<string, string>(StringComparer.Ordinal) { [Place] = "x" },
            ServiceMeta = new Dictionary<string, string>(StringComparer.Ordinal) { [Place] = "x" },
        });
    }

    [Theory]
    [InlineData(false, "a||b")]
    [InlineData(true, "a|b")]
    public void Tags_that_come_out_empty_may_be_left_out(bool removes, string expected)
    {
        var query = Template("web");
        query = query with
        {
            Template = query.Template with { RemoveEmptyTags = removes },
            Service = query.Service with { Tags = ["a", "${match(9)}", "b"] },
        };
        string.Join('|', TemplateRendering.Render(query, "geo-db-eu").Service.Tags!).Should().Be(expected);
    }

    [Theory] // named groups have numbers, too, and all are counted from the left
    [InlineData("^(?P<a>[a-z]+)-(?:x)?(.*?)-(?i)(EU)$", "geo", "db", "eu")]
    [InlineData("((g)eo)", "geo", "g", "")]
    [InlineData("nope", "", "", "")]
    public void Groups_are_counted_as_re2_counts_them(string pattern, string first, string second, string third)
    {
        var query = Template("${match(1)}|${match(2)}|${match(3)}");
        TemplateRendering.Render(query with { Template = query.Template with { Regexp = pattern } }, "geo-db-eu").Service.Service
            .Should().Be($"{first}|{second}|{third}");
    }

    [Fact]
    public void What_comes_out_is_bounded()
    {
        var query = Template(string.Concat(Enumerable.Repeat("${name.full}", 300)));
        var render = () => TemplateRendering.Render(query, "geo-" + new string('x', 1000));
        render.Should().Throw<ServerException>().Which.Limit.Should().Be("prepared_queries.rendered");
    }

    private static QueriedService Rendered(string text) => TemplateRendering.Render(Template(text), "geo-db-eu").Service;

    private static PreparedQuery Template(string service) => new()
    {
        Name = "geo-",
        Template = new(QueryTemplate.NamePrefix, "^geo-(.*?)-([^-]*)$", RemoveEmptyTags: false),
        Service = new QueriedService { Service = service },
    };
}
