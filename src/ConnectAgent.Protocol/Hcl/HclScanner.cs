using System.Globalization;
using System.Text;

namespace ConnectAgent.Protocol.Hcl;

internal enum HclTokenKind
{
    EndOfText,
    Identifier,
    Text,
    Number,
    Boolean,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Assign,
    Comma,
}

internal readonly record struct HclToken(HclTokenKind Kind, HclPosition At, string Text);

/// <summary>Splits a text into tokens (HCL 1: comments, identifiers, quoted texts, here-documents, numbers).</summary>
internal ref struct HclScanner(string text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;
    private int _line = 1;
    private int _lineStart;

    public HclToken Next()
    {
        SkipBlanks();
        var at = Here();
        if (_at >= _text.Length)
        {
            // The reference counts the end as one column further.
            return new HclToken(HclTokenKind.EndOfText, at with { Column = at.Column + 1 }, string.Empty);
        }

        var c = _text[_at];
        return c switch
        {
            '{' => One(HclTokenKind.OpenBrace, at),
            '}' => One(HclTokenKind.CloseBrace, at),
            '[' => One(HclTokenKind.OpenBracket, at),
            ']' => One(HclTokenKind.CloseBracket, at),
            '=' => One(HclTokenKind.Assign, at),
            ',' => One(HclTokenKind.Comma, at),
            '"' => new HclToken(HclTokenKind.Text, at, Quoted(at)),
            '<' => new HclToken(HclTokenKind.Text, at, HereDocument(at)),
            _ when char.IsLetter(c) || c == '_' => Word(at),
            _ when char.IsAsciiDigit(c) || c is '-' or '.' => Number(at),
            _ => throw new HclException(at, "illegal char"),
        };
    }

    private readonly HclPosition Here() => new(_line, _at - _lineStart + 1);

    private HclToken One(HclTokenKind kind, HclPosition at) => new(kind, at, _text[_at++].ToString());

    private HclToken Word(HclPosition at)
    {
        var start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '-' or '.'))
        {
            _at++;
        }

        var word = _text[start.._at].ToString();
        return new HclToken(word is "true" or "false" ? HclTokenKind.Boolean : HclTokenKind.Identifier, at, word);
    }

    private HclToken Number(HclPosition at)
    {
        var start = _at++;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '.' or '+' or '-'))
        {
            _at++;
        }

        var number = _text[start.._at].ToString();
        return double.TryParse(number, CultureInfo.InvariantCulture, out _) || number.AsSpan().TrimStart('-').StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? new HclToken(HclTokenKind.Number, at, number)
            : throw new HclException(at, "illegal number");
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] == '\n')
            {
                NewLine();
            }
            else if (char.IsWhiteSpace(_text[_at]))
            {
                _at++;
            }
            else if (_text[_at] == '#' || _text[_at..].StartsWith("//"))
            {
                var end = _text[_at..].IndexOf('\n');
                _at = end < 0 ? _text.Length : _at + end;
            }
            else if (_text[_at..].StartsWith("/*"))
            {
                SkipComment();
            }
            else
            {
                return;
            }
        }
    }

    private void SkipComment()
    {
        var at = Here();
        var end = _text[_at..].IndexOf("*/");
        if (end < 0)
        {
            throw new HclException(at, "comment not terminated");
        }

        for (var stop = _at + end + 2; _at < stop;)
        {
            if (_text[_at] == '\n')
            {
                NewLine();
            }
            else
            {
                _at++;
            }
        }
    }

    private void NewLine()
    {
        _at++;
        _line++;
        _lineStart = _at;
    }

    // What stands between ${ and its brace is kept as it is: it may hold quotes, braces in pairs, and line ends. Nothing is put in its place.
    private string Quoted(HclPosition at)
    {
        var plain = new StringBuilder();
        var braces = 0;
        _at++;
        while (true)
        {
            if (_at >= _text.Length || (_text[_at] == '\n' && braces == 0))
            {
                throw new HclException(Here(), "literal not terminated");
            }

            var start = _at;
            switch (_text[_at++])
            {
                case '"' when braces == 0:
                    return plain.ToString();
                case '\\':
                    var escaped = Escape(at);
                    plain.Append(braces == 0 || escaped == "\"" ? escaped : _text[start.._at]);
                    break;
                case '{' when braces > 0 || _text[start - 1] == '$': // before it stands at least the quote
                    braces++;
                    plain.Append('{');
                    break;
                case '}' when braces > 0:
                    braces--;
                    plain.Append('}');
                    break;
                case '\n':
                    plain.Append('\n');
                    (_line, _lineStart) = (_line + 1, _at);
                    break;
                case var c:
                    plain.Append(c);
                    break;
            }
        }
    }

    private string Escape(HclPosition at)
    {
        var c = _at < _text.Length ? _text[_at++] : '\0';
        return c switch
        {
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            'a' => "\a",
            'b' => "\b",
            'f' => "\f",
            'v' => "\v",
            '\\' or '"' => c.ToString(),
            'x' => Rune(at, 2),
            'u' => Rune(at, 4),
            'U' => Rune(at, 8),
            _ => throw new HclException(at, "illegal char escape"),
        };
    }

    private string Rune(HclPosition at, int digits)
    {
        if (_at + digits <= _text.Length
            && uint.TryParse(_text.Slice(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && System.Text.Rune.TryCreate(value, out var rune))
        {
            _at += digits;
            return rune.ToString();
        }

        throw new HclException(at, "illegal char escape");
    }

    private string HereDocument(HclPosition at)
    {
        if (!_text[_at..].StartsWith("<<"))
        {
            throw new HclException(at, "illegal char");
        }

        var headEnd = _text[_at..].IndexOf('\n');
        if (headEnd < 0)
        {
            throw new HclException(at, "heredoc not terminated");
        }

        var mark = _text.Slice(_at + 2, headEnd - 2).Trim();
        var indented = mark.StartsWith("-");
        mark = indented ? mark[1..] : mark;
        _at += headEnd;
        NewLine();
        List<string> lines = [];
        while (_at < _text.Length)
        {
            var end = _text[_at..].IndexOf('\n');
            var line = end < 0 ? _text[_at..] : _text.Slice(_at, end);
            _at += line.Length;
            if (!mark.IsEmpty && (indented ? line.Trim() : line.TrimEnd('\r')).SequenceEqual(mark))
            {
                return string.Concat(lines.Select(kept => kept + "\n"));
            }

            lines.Add(line.ToString());
            if (_at < _text.Length)
            {
                NewLine();
            }
        }

        throw new HclException(at, "heredoc not terminated");
    }
}
