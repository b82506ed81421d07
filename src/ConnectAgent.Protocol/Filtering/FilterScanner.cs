using System.Buffers;
using System.Text;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Filtering;

/// <summary>The words of an expression. Remembers what was looked for at the furthest place, for a syntax error's text (FLT-6).</summary>
internal sealed class FilterScanner(string text)
{
    private const string Space = "[ \\t\\r\\n]";
    private const string EndOfText = "EOF";

    private static readonly SearchValues<char> Spaces = SearchValues.Create(" \t\r\n");
    public static readonly SearchValues<char> WordCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly SortedSet<string> _expected = new(StringComparer.Ordinal);
    private int _furthest;

    public int Position { get; set; }

    private ReadOnlySpan<char> Rest => text.AsSpan(Position);

    /// <summary>Takes white space, if any; whether there was some.</summary>
    public bool SkipSpace()
    {
        var length = Rest.IndexOfAnyExcept(Spaces);
        length = length < 0 ? Rest.Length : length;
        Position += length;
        Miss(Space);
        return length > 0;
    }

    /// <summary>Takes exactly these characters.</summary>
    public bool Take(string token)
    {
        if (!Rest.StartsWith(token, StringComparison.Ordinal))
        {
            return Miss(GoQuote.Of(token));
        }

        Position += token.Length;
        return true;
    }

    /// <summary>Takes a keyword: the next character must not continue it.</summary>
    public bool TakeWord(string word)
    {
        var start = Position;
        if (!Take(word))
        {
            return false;
        }

        if (Rest.IsEmpty || !WordCharacters.Contains(Rest[0]))
        {
            return true;
        }

        Miss(Space);
        Position = start;
        return false;
    }

    /// <summary>Takes <c>ident</c>; null if there is none.</summary>
    public string? TakeIdentifier()
    {
        if (Rest.IsEmpty || !char.IsAsciiLetter(Rest[0]))
        {
            Miss("[a-zA-Z]");
            return null;
        }

        var length = Rest.IndexOfAnyExcept(WordCharacters);
        var identifier = (length < 0 ? Rest : Rest[..length]).ToString();
        Position += identifier.Length;
        Miss("[a-zA-Z0-9_]");
        return identifier;
    }

    /// <summary>Takes a double-quoted or back-quoted text; null if there is none.</summary>
    public string? TakeString()
    {
        if (Take("`"))
        {
            var length = Rest.IndexOf('`');
            var raw = length < 0 ? throw Unterminated() : Rest[..length].ToString();
            Position += length + 1;
            return raw;
        }

        if (!Take("\""))
        {
            return null;
        }

        var value = new StringBuilder();
        while (!Take("\""))
        {
            var plain = Rest.IndexOfAny('"', '\\');
            if (plain < 0)
            {
                throw Unterminated();
            }

            value.Append(Rest[..plain]);
            Position += plain;
            if (Rest[0] == '\\')
            {
                value.Append(TakeEscape());
            }
        }

        return value.ToString();
    }

    /// <summary>Takes an integer or a decimal fraction, as written; null if there is none.</summary>
    public string? TakeNumber()
    {
        var start = Position;
        Take("-");
        if (!Take("0"))
        {
            if (Rest.IsEmpty || !char.IsBetween(Rest[0], '1', '9'))
            {
                Miss("[1-9]");
                Position = start;
                return null;
            }

            SkipDigits();
        }

        if (Rest.StartsWith('.') && Rest.Length > 1 && char.IsAsciiDigit(Rest[1]))
        {
            Position++;
            SkipDigits();
        }

        return Rest.IsEmpty || Rest[0] == ')' || Spaces.Contains(Rest[0])
            ? text[start..Position]
            : throw Error("rule \"number\": Invalid number literal");
    }

    public bool IsAtEnd() => Rest.IsEmpty || Miss(EndOfText);

    /// <summary>What was taken since a position.</summary>
    public string Since(int start) => text[start..Position];

    /// <summary>The error of a text that is no expression: the furthest place reached and what could have stood there.</summary>
    public FilterException NoMatch()
    {
        var ends = _expected.Remove(EndOfText);
        string[] expected = ends ? [.. _expected, EndOfText] : [.. _expected];
        Position = _furthest;
        return Error("no match found, expected: " + (expected.Length > 1
            ? string.Join(", ", expected[..^1]) + " or " + expected[^1]
            : string.Concat(expected)));
    }

    /// <summary>An error at the present position: line and column in characters from 1, offset in bytes from 0.</summary>
    public FilterException Error(string problem)
    {
        var before = text.AsSpan(0, Position);
        var line = before.Count('\n') + 1;
        var column = 1;
        foreach (var _ in before[(before.LastIndexOf('\n') + 1)..].EnumerateRunes())
        {
            column++;
        }

        return new FilterException($"{line}:{column} ({Encoding.UTF8.GetByteCount(before)}): {problem}");
    }

    private void SkipDigits()
    {
        while (!Rest.IsEmpty && char.IsAsciiDigit(Rest[0]))
        {
            Position++;
        }
    }

    private string TakeEscape()
    {
        var letter = Rest.Length > 1 ? Rest[1] : throw Unterminated();
        var simple = "abfnrtv\\\"".IndexOf(letter, StringComparison.Ordinal);
        if (simple >= 0)
        {
            Position += 2;
            return "\a\b\f\n\r\t\v\\\""[simple].ToString();
        }

        var digits = letter switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0 || Rest.Length < 2 + digits || Rest[2..(2 + digits)].ContainsAnyExcept(HexDigits)
            || !Rune.TryCreate(Convert.ToUInt32(Rest[2..(2 + digits)].ToString(), 16), out var rune))
        {
            throw Error("rule \"string\": invalid syntax");
        }

        Position += 2 + digits;
        return rune.ToString();
    }

    private FilterException Unterminated()
    {
        Position = text.Length;
        return Error("rule \"string\": Unterminated string literal");
    }

    private bool Miss(string label)
    {
        if (Position > _furthest)
        {
            _furthest = Position;
            _expected.Clear();
        }

        if (Position == _furthest)
        {
            _expected.Add(label);
        }

        return false;
    }
}
