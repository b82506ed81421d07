using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Protocol.Filtering;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.PreparedQueries;

/// <summary>The regular expressions of templates (services PQ-8).</summary>
public sealed class TemplatePatternsTests
{
    private readonly TemplatePatterns _patterns = new();

    [Fact]
    public void A_pattern_is_compiled_once_and_not_with_each_execution()
    {
        var first = _patterns.Of("^geo-(.*)$");
        _patterns.Of("other").Should().NotBeSameAs(first);
        _patterns.Of("^geo-(.*)$").Should().BeSameAs(first);
        first.GroupsOf("geo-db").Should().Equal("geo-db", "db");
    }

    [Fact] // docs/limits.md, prepared_queries.patterns
    public void What_is_kept_is_bounded()
    {
        var first = _patterns.Of("a{249}");
        for (var i = 0; i < 40; i++)
        {
            _patterns.Of($"{i}a{{200}}").GroupsOf(i + new string('a', 200)).Should().ContainSingle();
            _patterns.Size.Should().BeInRange(1, 1000);
        }

        _patterns.Of("a{249}").Should().NotBeSameAs(first, "it was dropped meanwhile");
    }

    [Fact]
    public void What_is_none_is_refused_each_time_and_not_kept()
    {
        for (var i = 0; i < 2; i++)
        {
            _patterns.Invoking(static patterns => patterns.Of("(")).Should().Throw<FilterException>();
            _patterns.Size.Should().Be(0);
        }
    }
}
