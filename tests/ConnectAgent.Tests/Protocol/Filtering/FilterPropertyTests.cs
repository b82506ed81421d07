using ConnectAgent.Protocol.Filtering;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Filtering;

/// <summary>Whatever a caller sends is a filter or a <see cref="FilterException"/>, soon (http-conventions FLT-6, FLT-8).</summary>
public sealed class FilterPropertyTests
{
    private static readonly string[] Pieces =
    [
        "Node", "Service", ".Meta", ".Tags", ".Port", "Checks", ".Status", "[\"x\"]", "[", "]", " ", "\n", "==", "!=", " in ", " is ",
        " not ", "not ",
        "empty", " contains ", " matches ", " and ", " or ", "(", ")", "\"", "`",
        "`^w(`", "\"(?i)a*\"", "\\", "'", "-", ".", "0", "1.5", "8000", "x", "é", "\ud800",
    ];

    private static readonly string[] PatternPieces =
    [
        "a", "é", "\ud83d", ".", "*", "+", "?", "|", "^", "$", "(", ")", "(?:", "(?i)", "(?P<n>", "[", "]", "[^",
        "[:alpha:]", "-", "{2}", "{1,", "}", "{", "\\d", "\\W",
        "\\", "\\Q", "\\E", "\\p", "\\x{41}", "\\b", "9", ",", "#", " ",
    ];

    [Fact]
    public void Any_text_is_a_filter_or_a_filter_error() =>
        Prop.ForAll<NonNull<string>>(text => IsHandled(text.Get)).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_words_are_a_filter_or_a_filter_error() => Prop.ForAll(Texts(Pieces), IsHandled)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void Any_pattern_is_a_pattern_or_a_filter_error() => Prop
        .ForAll(Texts(PatternPieces), text => IsHandled($"Node matches `{text}`"))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact] // what quotes a value gets it back
    public void Any_quoted_value_is_compared_as_it_is() => Prop.ForAll<NonNull<string>>(text =>
    {
        var value = new string([.. text.Get.Where(character => !char.IsSurrogate(character))]);
        var quoted = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        var schema = new FilterSchema<string>().Text("Value", item => item);
        return FilterExpression<string>.Parse($"Value == \"{quoted}\"", schema).Matches(value);
    }).QuickCheckThrowOnFailure();

    [Theory] // FLT-8: each as long as an expression may be
    [InlineData("not ", "x")]
    [InlineData("(", "")]
    [InlineData("not not in ", "")]
    [InlineData("Node == x or ", "Node == x")]
    [InlineData("(Node == x) and ", "(")]
    [InlineData("Node.", "")]
    [InlineData("Node[``]", "")]
    [InlineData(" ", "x")]
    [InlineData("9", "")]
    [InlineData("x in Service.Tags and ", "-")]
    [InlineData("\\", "")]
    public void The_longest_expressions_end(string piece, string end)
    {
        IsHandled(string.Concat(Enumerable.Repeat(piece, ((64 * 1024) - end.Length) / piece.Length)) + end).Should().BeTrue();
    }

    private static Arbitrary<string> Texts(string[] pieces) =>
        Gen.Elements(pieces).ListOf().Select(string.Concat).ToArbitrary();

    private static bool IsHandled(string text)
    {
        try
        {
            var filter = FilterExpression<Instance>.Parse(text, Instance.Schema);
            _ = filter.Matches(Instance.Web) | filter.Matches(Instance.Bare);
        }
        catch (FilterException error)
        {
            return error.Message.Length > 0;
        }

        return true;
    }
}
