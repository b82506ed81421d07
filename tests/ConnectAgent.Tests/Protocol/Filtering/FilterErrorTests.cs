using ConnectAgent.Protocol.Filtering;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Filtering;

/// <summary>http-conventions FLT-6 and FLT-8.</summary>
public sealed class FilterErrorTests
{
    [Theory] // FLT-6
    [InlineData("Foo == bar", "Selector \"Foo\" is not valid")]
    [InlineData("Service.Foo == bar", "Selector \"Service.Foo\" is not valid")]
    [InlineData("Foo.Bar.x == 1", "Selector \"Foo\" is not valid")] // acl-login.json
    [InlineData("Service.Foo.x == 1", "Selector \"Service.Foo\" is not valid")]
    [InlineData("Service.Port.x == 1", "Selector \"Service.Port.x\" is not valid")]
    [InlineData("Service.Meta.a.b == 1", "Selector \"Service.Meta.a.b\" is not valid")]
    [InlineData("Foo is empty and Service.Port is empty", "Selector \"Foo\" is not valid")]
    [InlineData("Service.Port is empty", "Invalid match operator \"Is Empty\" for selector \"Service.Port\"")]
    [InlineData("Service.Port is not empty", "Invalid match operator \"Is Not Empty\" for selector \"Service.Port\"")]
    [InlineData("Service is empty", "Invalid match operator \"Is Empty\" for selector \"Service\"")]
    [InlineData("Service.ID is empty", "Invalid match operator \"Is Empty\" for selector \"Service.ID\"")]
    [InlineData("Service.Meta.env is empty", "Invalid match operator \"Is Empty\" for selector \"Service.Meta.env\"")]
    [InlineData("Service.Tags == x", "Invalid match operator \"Equal\" for selector \"Service.Tags\"")]
    [InlineData("Service.Meta != x", "Invalid match operator \"Not Equal\" for selector \"Service.Meta\"")]
    [InlineData("Service == x", "Invalid match operator \"Equal\" for selector \"Service\"")]
    [InlineData("Checks == x", "Invalid match operator \"Equal\" for selector \"Checks\"")]
    [InlineData("x in Checks", "Invalid match operator \"In\" for selector \"Checks\"")]
    [InlineData("Service.Port contains 8", "Invalid match operator \"In\" for selector \"Service.Port\"")]
    [InlineData("8 in Service.Port", "Invalid match operator \"In\" for selector \"Service.Port\"")]
    [InlineData("Service.Port not contains 8", "Invalid match operator \"Not In\" for selector \"Service.Port\"")]
    [InlineData("x not in Service.Native", "Invalid match operator \"Not In\" for selector \"Service.Native\"")]
    [InlineData("Service.Port matches 8", "Invalid match operator \"Matches\" for selector \"Service.Port\"")]
    [InlineData("Service.Tags not matches 8", "Invalid match operator \"Not Matches\" for selector \"Service.Tags\"")]
    public void A_selector_or_operator_that_is_wrong(string text, string reason) => Reason(text).Should().Be(reason);

    [Theory] // FLT-6
    [InlineData("Service.Port==abc", "Service.Port", "abc", "ParseInt", "invalid syntax")]
    [InlineData("Service.Port == 1.5", "Service.Port", "1.5", "ParseInt", "invalid syntax")]
    [InlineData("Service.Port == ``", "Service.Port", "", "ParseInt", "invalid syntax")]
    [InlineData("Service.Port == `-`", "Service.Port", "-", "ParseInt", "invalid syntax")]
    [InlineData("Service.Port == 99999999999999999999", "Service.Port", "99999999999999999999", "ParseInt", "value out of range")]
    [InlineData("Service.Native != yes", "Service.Native", "yes", "ParseBool", "invalid syntax")]
    public void A_value_of_the_wrong_type(string text, string selector, string value, string function, string problem) =>
        Reason(text).Should().Be(
            $"Failed to coerce value \"{value}\" for selector \"{selector}\": strconv.{function}: parsing \"{value}\": {problem}");

    [Theory] // FLT-6; the first five as recorded
    [InlineData("\"", "1:2 (1): rule \"string\": Unterminated string literal")]
    [InlineData("Foo", "1:4 (3): no match found, expected: \"!=\", \".\", \"==\", \"[\", [ \\t\\r\\n] or [a-zA-Z0-9_]")]
    [InlineData("x(", "1:2 (1): no match found, expected: \"!=\", \".\", \"==\", \"[\", [ \\t\\r\\n] or [a-zA-Z0-9_]")]
    [InlineData("Node > 3",
        "1:6 (5): no match found, expected: \"!=\", \"==\", \"contains\", \"in\", \"is\", \"matches\", \"not\" or [ \\t\\r\\n]")]
    [InlineData("SourceName ==", "1:14 (13): no match found, expected: \"-\", \"0\", \"\\\"\", \"`\", [ \\t\\r\\n], [1-9] or [a-zA-Z]")]
    [InlineData("Service.Port == 1.0e3", "1:20 (19): rule \"number\": Invalid number literal")]
    [InlineData("Service.Port == 01", "1:18 (17): rule \"number\": Invalid number literal")]
    [InlineData("Node == `é", "1:11 (11): rule \"string\": Unterminated string literal")]
    [InlineData("Node == \"a\\", "1:12 (11): rule \"string\": Unterminated string literal")]
    [InlineData("Node == \"\\d\"", "1:10 (9): rule \"string\": invalid syntax")]
    [InlineData("Node == \"\\ud800\"", "1:10 (9): rule \"string\": invalid syntax")]
    public void A_syntax_error(string text, string reason) => Reason(text).Should().Be(reason);

    [Fact]
    public void The_place_of_an_error_is_line_column_and_byte() =>
        Reason("Node == `é` and\nNode == web-1").Should().StartWith("2:12 (28): no match found, expected: ");

    [Fact] // a syntax error comes before any other
    public void The_syntax_is_looked_at_first() => Reason("Foo == bar and (").Should().Contain("no match found");

    [Fact] // FLT-8
    public void An_expression_has_a_longest_length()
    {
        const string Term = "Node == ``";
        Reason(Term + new string(' ', (64 * 1024) + 1 - Term.Length)).Should().Be("Expression is longer than 65536 characters");
        Parse(Term + new string(' ', (64 * 1024) - Term.Length)).Should().NotBeNull();
    }

    [Theory] // FLT-8
    [InlineData("(", ")")]
    [InlineData("not ", "")]
    [InlineData("not (", ")")]
    public void An_expression_has_a_deepest_nesting(string open, string close)
    {
        var levels = open.StartsWith("not (", StringComparison.Ordinal) ? 50 : 100;
        Parse(Nest(levels)).Should().NotBeNull();
        Reason(Nest(levels + 1)).Should().Contain("expression is nested deeper than 100 levels");

        string Nest(int times) =>
            string.Concat(Enumerable.Repeat(open, times)) + "Node == x" + string.Concat(Enumerable.Repeat(close, times));
    }

    [Fact] // FLT-8
    public void An_expression_has_a_bound_on_patterns()
    {
        Parse(Patterns(166)).Should().NotBeNull();
        Reason(Patterns(167)).Should().Be("Failed to compile regular expression: too many or too large in one filter");

        static string Patterns(int times) => string.Join(" or ", Enumerable.Repeat("Node matches x", times));
    }

    private static FilterExpression<Instance> Parse(string text) => FilterExpression<Instance>.Parse(text, Instance.Schema);

    private static string Reason(string text)
    {
        var parse = () => Parse(text);
        return parse.Should().Throw<FilterException>().Which.Message;
    }
}
