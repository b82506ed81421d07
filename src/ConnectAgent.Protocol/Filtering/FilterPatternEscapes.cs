using System.Buffers;
using System.Globalization;
using System.Text;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>The escapes and named classes of RE2 in the platform's syntax. RE2's <c>\d</c>, <c>\s</c>, <c>\w</c> are ASCII.</summary>
internal static class FilterPatternEscapes
{
    private static readonly SearchValues<char> Punctuation = SearchValues.Create("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ");

    /// <summary>Translates the escape at the start of a text.</summary>
    /// <param name="rest">Starts with a backslash.</param>
    /// <param name="inClass">Whether it stands between brackets.</param>
    /// <param name="length">How many characters the escape has.</param>
    /// <exception cref="FormatException">RE2 has no such escape.</exception>
    public static string Translate(ReadOnlySpan<char> rest, bool inClass, out int length)
    {
        length = 2;
        var letter = rest.Length > 1 ? rest[1] : throw new FormatException("trailing backslash at end of expression: ``");
        return letter switch
        {
            'd' => inClass ? "0-9" : "[0-9]",
            'w' => inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]",
            's' => inClass ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]",
            'D' => inClass ? "\\0-/:-\\uffff" : "[^0-9]",
            'W' => inClass ? "\\0-/:-@\\[-^`{-\\uffff" : "[^0-9A-Za-z_]",
            'S' => inClass ? "\\0-\\x08\\x0b\\x0e-\\x1f!-\\uffff" : "[^\\t\\n\\f\\r ]",
            'p' or 'P' => Category(rest, out length),
            'x' when rest[2..].StartsWith('{') => CodePoint(rest, inClass, out length),
            'A' or 'b' or 'B' or 'z' when !inClass => $"\\{letter}",
            'a' or 'f' or 'n' or 'r' or 't' or 'v' or 'x' => $"\\{letter}",
            _ when Punctuation.Contains(letter) => Literal(letter),
            _ => throw new FormatException($"invalid escape sequence: `{rest[..2]}`"),
        };
    }

    /// <summary>A character that stands for itself.</summary>
    public static string Literal(char character) =>
        Punctuation.Contains(character) && character != '_' ? $"\\{character}" : character.ToString();

    /// <summary>The ranges of <c>[:name:]</c>; null if there is no such class.</summary>
    public static string? Named(ReadOnlySpan<char> name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\0-\\x7f",
        "blank" => "\\t ",
        "cntrl" => "\\0-\\x1f\\x7f",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\t\\n\\v\\f\\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => null,
    };

    private static string Category(ReadOnlySpan<char> rest, out int length)
    {
        var braced = rest[2..].StartsWith('{');
        length = braced ? rest.IndexOf('}') + 1 : 3;
        return length < 3 || length > rest.Length ? throw new FormatException($"invalid character class range: `{rest}`")
            : braced ? rest[..length].ToString()
            : $"\\{rest[1]}{{{rest[2]}}}";
    }

    private static string CodePoint(ReadOnlySpan<char> rest, bool inClass, out int length)
    {
        length = rest.IndexOf('}') + 1;
        if (length < 5 || !int.TryParse(rest[3..(length - 1)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || !Rune.TryCreate(value, out var rune))
        {
            throw new FormatException($"invalid escape sequence: `{rest[..Math.Max(3, length)]}`");
        }

        var units = string.Concat(rune.ToString().Select(unit => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}")));
        return inClass ? units : $"(?:{units})";
    }
}
