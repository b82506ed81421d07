using ConnectAgent.Protocol.Filtering;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Filtering;

/// <summary>http-conventions FLT-4 and FLT-5.</summary>
public sealed class FilterExpressionTests
{
    [Theory] // FLT-4
    [InlineData("Node == n1", true)]
    [InlineData("Node==n1", true)]
    [InlineData(" \t\r\nNode\n==\tn1 ", true)]
    [InlineData("Node != n1", false)]
    [InlineData("Node == \"n1\"", true)]
    [InlineData("Node == `n1`", true)]
    [InlineData("Node == ``", false)]
    [InlineData("Service.ID == \"web-1\"", true)]
    [InlineData("Service.ID == `web-1`", true)]
    [InlineData("Service.ID == \"\\x77eb\\u002d1\"", true)]
    [InlineData("Service.ID != \"a\\\"\\\\b\"", true)]
    [InlineData("Service[\"ID\"] == \"web-1\"", true)]
    [InlineData("Service.Meta[\"x-y\"] == 2", true)]
    [InlineData("Service.Meta[`x-y`]==2", true)]
    [InlineData("(Node == n1)", true)]
    [InlineData("( (Node == n1)and( Node==n1 ) )", true)]
    [InlineData("not Node == n1", false)]
    [InlineData("not not Node == n1", true)]
    [InlineData("not(Node == n1)", false)]
    [InlineData("Service.Port == 8000)", null)]
    [InlineData("(Service.Port == 8000)", true)]
    [InlineData("Service.Port != -1", true)]
    [InlineData("node == n1", null)]
    [InlineData("NODE == n1", null)]
    [InlineData("Node == n1 AND Node == n1", null)]
    [InlineData("Node == 'n1'", null)]
    [InlineData("Service.ID == web-1", null)]
    [InlineData("Service.ID == a/b", null)]
    [InlineData("Node == _n1", null)] // services CONV-14
    [InlineData("Service.Port < 3", null)]
    [InlineData("Node = n1", null)]
    [InlineData("Node == n1 and", null)]
    [InlineData("Node == n1 Node == n1", null)]
    [InlineData("(Node == n1", null)]
    [InlineData("Node isempty", null)]
    [InlineData("Service.Tags is emptyish", null)]
    [InlineData("\"v1\" == Node", null)]
    [InlineData("Service. == x", null)]
    [InlineData("Service[ID] == x", null)]
    [InlineData("", null)]
    [InlineData("  ", null)]
    public void The_grammar(string text, bool? expected)
    {
        if (expected is { } outcome)
        {
            Eval(text).Should().Be(outcome);
            return;
        }

        var parse = () => Eval(text);
        parse.Should().Throw<FilterException>();
    }

    [Theory] // FLT-4: not, then and, then or
    [InlineData("Node == n1 or Node == n1 and Node == x", true)]
    [InlineData("(Node == n1 or Node == n1) and Node == x", false)]
    [InlineData("Node == x and Node == x or Node == n1", true)]
    [InlineData("not Node == x and Node == n1", true)]
    [InlineData("not Node == n1 and Node == x", false)]
    [InlineData("not (Node == n1 and Node == x)", true)]
    [InlineData("not Node == n1 or Node == n1", true)]
    public void The_precedence(string text, bool expected) => Eval(text).Should().Be(expected);

    [Theory] // a keyword is one only where it fits
    [InlineData("not in Service.Tags", false)]
    [InlineData("not not in Service.Tags", true)]
    [InlineData("in not in Service.Tags", true)]
    [InlineData("Node == and or Node == or", false)]
    [InlineData("Service.Tags contains not", false)]
    public void A_keyword_may_be_a_value(string text, bool expected) => Eval(text).Should().Be(expected);

    [Theory] // FLT-5
    [InlineData("Service.Port == 8000", true)]
    [InlineData("Service.Port == \"8000\"", true)]
    [InlineData("Service.Port != 8000", false)]
    [InlineData("Service.Native == false", true)]
    [InlineData("Service.Native != true", true)]
    [InlineData("Service.Native == F", true)]
    [InlineData("Service.Service contains eb", true)]
    [InlineData("Service.Service contains x", false)]
    [InlineData("Service.Service not contains eb", false)]
    [InlineData("we in Service.Service", true)]
    [InlineData("we not in Service.Service", false)]
    [InlineData("v1 in Service.Tags", true)]
    [InlineData("v in Service.Tags", false)]
    [InlineData("primary in Service.Tags", false)]
    [InlineData("\"v1\" not in Service.Tags", false)]
    [InlineData("Service.Tags contains `Primary`", true)]
    [InlineData("Service.Tags not contains v2", true)]
    [InlineData("Service.Tags is empty", false)]
    [InlineData("Service.Tags is  not  empty", true)]
    [InlineData("env in Service.Meta", true)]
    [InlineData("prod in Service.Meta", false)]
    [InlineData("Service.Meta contains \"x-y\"", true)]
    [InlineData("Service.Meta is empty", false)]
    [InlineData("Service.Meta.env == prod", true)]
    [InlineData("Service.Meta.env matches `^pr`", true)]
    [InlineData("ro in Service.Meta.env", true)]
    [InlineData("Service.Meta.blank == ``", true)]
    [InlineData("Service.Meta.none == ``", false)]
    [InlineData("Service.Meta.none != x", true)]
    [InlineData("x in Service.Meta.none", false)]
    [InlineData("x not in Service.Meta.none", true)]
    [InlineData("Service.Meta.none matches `.*`", false)]
    [InlineData("Service.Meta.none not matches `.*`", true)]
    [InlineData("NodeMeta.os != windows", true)]
    public void The_operators(string text, bool expected) => Eval(text).Should().Be(expected);

    [Theory] // FLT-5, observed
    [InlineData("Checks.Status == passing", true)]
    [InlineData("Checks.Status != passing", true)]
    [InlineData("not Checks.Status == critical", false)]
    [InlineData("Checks.Status == warning", false)]
    [InlineData("Checks.Status not matches `pass`", true)]
    [InlineData("Checks.ServiceTags is empty", true)]
    [InlineData("v1 in Checks.ServiceTags", true)]
    [InlineData("v1 not in Checks.ServiceTags", true)]
    [InlineData("Checks is empty", false)]
    [InlineData("Checks is not empty", true)]
    public void A_selector_through_a_list_needs_one_element(string text, bool expected) => Eval(text).Should().Be(expected);

    [Theory]
    [InlineData("Checks.Status == passing", false)] // FLT-5: an empty list gives false
    [InlineData("Checks.Status != passing", false)]
    [InlineData("Checks is empty", true)]
    [InlineData("Service.Tags is empty", true)]
    [InlineData("v1 not in Service.Tags", true)]
    [InlineData("Service.Meta is not empty", false)]
    [InlineData("env in Service.Meta", false)]
    [InlineData("Service.Meta.env == prod", false)]
    [InlineData("Service.Meta.env != prod", true)]
    [InlineData("Service.ID == ``", true)] // clients GOREQ-21
    [InlineData("Service.Port == -1", true)]
    [InlineData("Service.Native == true", true)]
    public void What_is_null_counts_as_empty(string text, bool expected) => Eval(text, Instance.Bare).Should().Be(expected);

    [Theory]
    [InlineData("Service.Port == 8000", false)]
    [InlineData("Service.Native != true", true)]
    [InlineData("Service.Tags is empty", true)]
    [InlineData("Service.Tags is not empty", false)]
    [InlineData("Checks is empty", true)]
    [InlineData("Checks.Status != passing", false)]
    public void An_absent_object_counts_as_a_missing_key(string text, bool expected) =>
        Eval(text, new Instance("n3", null, null)).Should().Be(expected);

    [Fact] // FLT-8: as many terms as a URL of the reference's own limit holds
    public void Many_terms_are_no_depth()
    {
        var text = string.Join(" or ", Enumerable.Repeat("Service.Port == 1", 2000)) + " or "
            + string.Join(" and ", Enumerable.Repeat("Node == n1", 1000));
        Eval(text).Should().BeTrue();
    }

    private static bool Eval(string text) => Eval(text, Instance.Web);

    private static bool Eval(string text, Instance item) => FilterExpression<Instance>.Parse(text, Instance.Schema).Matches(item);
}
