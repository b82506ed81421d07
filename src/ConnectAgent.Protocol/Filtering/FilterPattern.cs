using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>The regular expressions of <c>matches</c>: RE2 syntax, unanchored, in linear time (http-conventions FLT-5, FLT-8).</summary>
/// <remarks>As the platform's expressions work on UTF-16, <c>.</c> takes a character beyond U+FFFF for two.</remarks>
internal static class FilterPattern
{
    /// <summary>In characters.</summary>
    [Limit(LengthLimit, "characters", "refused", Refuses = true)]
    public const int LongestPattern = 1000;
    private const string LengthLimit = "filter.pattern";

    /// <summary>Builds the expression that decides whether a text matches.</summary>
    /// <exception cref="FilterException">FLT-6: with the words of the reference where they are known.</exception>
    public static Regex Compile(string pattern, FilterPatternBudget budget) => Build(
        pattern,
        budget,
        captures: false,
        static (bad, reason) => $"Failed to compile regular expression{(bad is null ? ":" : $" {GoQuote.Of(bad)}: error parsing regexp:")} {reason}");

    /// <summary>Builds an expression.</summary>
    /// <param name="captures">Whether its groups can be asked for.</param>
    /// <param name="words">Makes the error of the pattern, if its syntax is wrong, and of the reason.</param>
    /// <exception cref="FilterException">In these words.</exception>
    public static Regex Build(string pattern, FilterPatternBudget budget, bool captures, Func<string?, string, string> words)
    {
        if (pattern.Length > LongestPattern)
        {
            throw new FilterException(words(null, $"longer than {LongestPattern} characters")) { Limit = LengthLimit };
        }

        try
        {
            var reader = new FilterPatternReader(pattern, captures: captures);
            var translated = reader.Read();
            if (!budget.Spend(reader.Size))
            {
                throw new FilterException(words(null, "too many or too large in one filter")) { Limit = FilterPatternBudget.LimitName };
            }

            return new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (FormatException error)
        {
            throw Failed(error.Message, (error as PatternBoundException)?.Limit);
        }
        catch (RegexParseException error)
        {
            throw Failed(Reason(error.Error, pattern));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw Failed($"invalid or unsupported Perl syntax: `{pattern}`");
        }

        FilterException Failed(string reason, string? limit = null) => new(words(pattern, reason)) { Limit = limit };
    }

    private static string Reason(RegexParseError error, string pattern) => error switch
    {
        RegexParseError.InsufficientClosingParentheses => $"missing closing ): `{pattern}`",
        RegexParseError.InsufficientOpeningParentheses => $"unexpected ): `{pattern}`",
        RegexParseError.UnterminatedBracket => $"missing closing ]: `{pattern}`",
        RegexParseError.QuantifierAfterNothing => $"missing argument to repetition operator: `{pattern}`",
        RegexParseError.NestedQuantifiersNotParenthesized => $"invalid nested repetition operator: `{pattern}`",
        RegexParseError.ReversedQuantifierRange or RegexParseError.QuantifierOrCaptureGroupOutOfRange =>
            $"invalid repeat count: `{pattern}`",
        RegexParseError.ReversedCharacterRange or RegexParseError.ShorthandClassInCharacterRange =>
            $"invalid character class range: `{pattern}`",
        RegexParseError.UnescapedEndingBackslash => "trailing backslash at end of expression: ``",
        RegexParseError.UnrecognizedEscape => $"invalid escape sequence: `{pattern}`",
        _ => $"invalid or unsupported Perl syntax: `{pattern}`",
    };
}

/// <summary>What the patterns of one expression may cost together (http-conventions FLT-8).</summary>
internal sealed class FilterPatternBudget
{
    private const int EachPattern = 5; // even the smallest takes time to build
    [Limit(LimitName, "characters of one expression", "refused", Refuses = true)]
    private const int MostUnfolded = 1000;

    /// <summary>Of <see cref="Spend"/>.</summary>
    public const string LimitName = "filter.patterns_unfolded";

    private int _left = MostUnfolded;

    public int Spent => MostUnfolded - _left;

    /// <summary>Takes a pattern of this size from what is left; false if that is not enough.</summary>
    public bool Spend(int size) => (_left -= size + EachPattern) >= 0;
}
