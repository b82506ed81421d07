using ConnectAgent.Protocol.Filtering;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Filtering;

/// <summary>The patterns of <c>matches</c> (http-conventions FLT-5, FLT-6, FLT-8).</summary>
public sealed class FilterPatternTests
{
    [Theory]
    [InlineData("eb", "web", true)] // unanchored
    [InlineData("^eb", "web", false)]
    [InlineData("(?i)^DB$", "db", true)] // intentions-exact, recorded
    [InlineData("^DB$", "db", false)]
    [InlineData("a(?i)B", "ab", true)]
    [InlineData("(?i:A)b", "aB", false)]
    [InlineData("(?s)a.b", "a\nb", true)]
    [InlineData("a.b", "a\nb", false)]
    [InlineData("a$", "a\n", false)] // RE2's $ is the very end
    [InlineData("(?m)a$", "a\nb", true)]
    [InlineData("(?P<name>w)(?<other>e)b", "web", true)]
    [InlineData("^\\d+$", "12", true)]
    [InlineData("^\\d+$", "\u0661", false)] // ASCII classes
    [InlineData("^\\w+$", "é", false)]
    [InlineData("^\\W$", "é", true)]
    [InlineData("^[\\W]$", "é", true)]
    [InlineData("^[^\\D]$", "5", true)]
    [InlineData("^[\\S]$", " ", false)]
    [InlineData("^[\\s_]$", " ", true)]
    [InlineData("^[[:alpha:]_]+$", "a_b", true)]
    [InlineData("^[[:^alpha:]]$", "a", null)]
    [InlineData("^[]a]+$", "]a", true)]
    [InlineData("^[^]a]+$", "b", true)]
    [InlineData("^[a-z-[aeiou]]$", "b]", true)] // a set and a bracket, not a subtraction
    [InlineData("^\\pL\\p{Lu}$", "aB", true)]
    [InlineData("\\pQ", "a", null)]
    [InlineData("\\p", "a", null)]
    [InlineData("^\\Qa.b\\E+$", "a.bb", true)]
    [InlineData("^\\Qa.b", "axb", false)]
    [InlineData("^\\x{1F600}+$", "\U0001F600\U0001F600", true)]
    [InlineData("\\x41", "A", true)]
    [InlineData("a\\_b\\-c\\/", "a_b-c/", true)]
    [InlineData("^a{2,3}$", "aaaa", false)]
    [InlineData("a{,2}", "a{,2}", true)]
    [InlineData("a{x}", "a{x}", true)]
    [InlineData("(a|b)*?c", "abc", true)]
    [InlineData("\\bweb\\b", "a web b", true)]
    [InlineData("a # b", "a # b", true)]
    [InlineData("(?#x)a", "a", null)]
    [InlineData("(?x)a", "a", null)]
    [InlineData("(?=a)", "a", null)]
    [InlineData("(?<=a)b", "ab", null)]
    [InlineData("(?>a)", "a", null)]
    [InlineData("(a)\\1", "aa", null)]
    [InlineData("\\Z", "a", null)]
    [InlineData("\\u0041", "A", null)]
    [InlineData("(?P<na-me>a)", "a", null)]
    [InlineData("", "a", true)]
    public void RE2_syntax(string pattern, string text, bool? expected)
    {
        if (expected is { } outcome)
        {
            Matches(pattern, text).Should().Be(outcome);
            return;
        }

        var compile = () => Compile(pattern);
        compile.Should().Throw<FilterException>();
    }

    [Theory] // FLT-6; the first as recorded
    [InlineData("^w(", "missing closing ): `^w(`")]
    [InlineData("w)", "unexpected ): `w)`")]
    [InlineData("a[b", "missing closing ]: `[b`")]
    [InlineData("[", "missing closing ]: `[`")]
    [InlineData("[z-a]", "invalid character class range: `[z-a]`")]
    [InlineData("*", "missing argument to repetition operator: `*`")]
    [InlineData("a**", "invalid nested repetition operator: `a**`")]
    [InlineData("a{1001}", "invalid repeat count: `{1001}`")]
    [InlineData("a{2,1}", "invalid repeat count: `a{2,1}`")]
    [InlineData("(a{1000}){1000}", "expression too large")]
    [InlineData("a(b(c{100}){2}d){3}", "expression too large")]
    [InlineData("a\\", "trailing backslash at end of expression: ``")]
    [InlineData("\\1", "invalid escape sequence: `\\1`")]
    [InlineData("(?=a)", "invalid or unsupported Perl syntax: `(?=`")]
    public void A_bad_pattern(string pattern, string reason)
    {
        var parse = () => FilterExpression<Instance>.Parse($"Node matches `{pattern}`", Instance.Schema);
        parse.Should().Throw<FilterException>().WithMessage(
            $"Failed to compile regular expression {ConnectAgent.Protocol.Text.GoQuote.Of(pattern)}: error parsing regexp: {reason}");
    }

    [Fact] // FLT-8
    public void A_pattern_has_a_longest_length()
    {
        var compile = () => Compile(new string('a', 1001));
        compile.Should().Throw<FilterException>().WithMessage("Failed to compile regular expression: longer than 1000 characters");
        Matches("[" + new string('a', 998) + "]", "a").Should().BeTrue();
    }

    [Theory] // FLT-8: what hangs a backtracking engine, and what unfolds as far as the bound allows
    [InlineData("^(a+)+$")]
    [InlineData("(a|aa)*b")]
    [InlineData("(a*)*(a*)*b")]
    [InlineData("(?:a?){120}a{120}b")]
    [InlineData("[ab].{120}[ab].{120}c")]
    [InlineData("(?i)(?:\\w{1,10}.*){20}!")]
    public void A_hostile_pattern_ends(string pattern)
    {
        Matches(pattern, new string('a', 512) + "!").Should().Be(pattern.EndsWith('!'));
    }

    private static bool Matches(string pattern, string text) => Compile(pattern).Matches(text);

    private static FilterExpression<string> Compile(string pattern) =>
        FilterExpression<string>.Parse($"Value matches `{pattern}`", new FilterSchema<string>().Text("Value", value => value));
}
