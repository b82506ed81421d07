using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Filtering;

/// <summary>intentions LST-2 and LST-3.</summary>
public sealed class IntentionFilterTests
{
    private static readonly Intention WebToDb = new()
    {
        SourceName = "web",
        DestinationName = "db",
        Action = Intention.Allow,
        Meta = new Dictionary<string, string> { ["owner"] = "team-a" },
    };

    [Theory]
    [InlineData("SourceName == \"web\" and Action == allow", true)] // recorded, as are the next four
    [InlineData("Meta.owner == \"team-a\"", true)]
    [InlineData("Precedence == 9", true)]
    [InlineData("DestinationName == db", true)]
    [InlineData("DestinationName matches \"(?i)^DB$\"", true)]
    [InlineData("ID == `` and Description == ``", true)]
    [InlineData("SourceNS == default and DestinationNS == default and SourceType == consul", true)]
    [InlineData("owner in Meta", true)]
    [InlineData("Meta is empty", false)]
    public void Each_selector_reads_its_field(string text, bool expected) => Parse(text).Matches(WebToDb).Should().Be(expected);

    [Theory]
    [InlineData("Nope == 1", "Selector \"Nope\" is not valid")]
    [InlineData("ID is empty", "Invalid match operator \"Is Empty\" for selector \"ID\"")]
    public void A_bad_filter_says_why(string text, string reason)
    {
        var parse = () => Parse(text);
        parse.Should().Throw<FilterException>().WithMessage(reason);
    }

    [Theory]
    [InlineData("Permissions")]
    [InlineData("JWT")]
    [InlineData("DefaultAddr")]
    [InlineData("DefaultPort")]
    [InlineData("CreatedAt")]
    [InlineData("UpdatedAt")]
    [InlineData("Hash")]
    [InlineData("CreateIndex")]
    [InlineData("ModifyIndex")]
    public void Other_fields_are_no_selectors(string name)
    {
        var parse = () => Parse($"{name} == 1");
        parse.Should().Throw<FilterException>().WithMessage($"Selector \"{name}\" is not valid");
    }

    private static FilterExpression<Intention> Parse(string text) => FilterExpression<Intention>.Parse(text, IntentionFilter.Schema);
}
