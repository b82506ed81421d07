using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Schema;

/// <summary>What Go's decoder says of a text that is no JSON (config-and-cli LOAD-3).</summary>
public ref struct GoJsonSyntax
{
    /// <summary>The text ends too early.</summary>
    public const string UnexpectedEnd = "unexpected end of JSON input";

    private readonly ReadOnlySpan<byte> _json;
    private int _at;

    private GoJsonSyntax(ReadOnlySpan<byte> json) => _json = json;

    /// <summary>Finds the first mistake.</summary>
    /// <param name="json">One value, and nothing behind it.</param>
    /// <returns>Null when there is none.</returns>
    public static string? FirstError(ReadOnlySpan<byte> json)
    {
        var syntax = new GoJsonSyntax(json);
        return syntax.Document();
    }

    private string? Document()
    {
        // The way to the value that is read: true for an object.
        Stack<bool> around = [];
        while (true)
        {
            if (Value(around, out var isOpen) is { } error)
            {
                return error;
            }

            if (isOpen)
            {
                continue;
            }

            while (true)
            {
                SkipBlanks();
                if (around.Count == 0)
                {
                    return _at == _json.Length ? null : Invalid("after top-level value");
                }

                if (_at == _json.Length)
                {
                    return UnexpectedEnd;
                }

                var isObject = around.Peek();
                var c = _json[_at];
                if (c == ',')
                {
                    _at++;
                    if (isObject && Key() is { } wrong)
                    {
                        return wrong;
                    }

                    break;
                }

                if (c != (isObject ? '}' : ']'))
                {
                    return Invalid(isObject ? "after object key:value pair" : "after array element");
                }

                _at++;
                around.Pop();
            }
        }
    }

    // A value; of an object or a list that is not empty only what stands before its first value.
    private string? Value(Stack<bool> around, out bool isOpen)
    {
        isOpen = false;
        SkipBlanks();
        if (_at == _json.Length)
        {
            return UnexpectedEnd;
        }

        switch (_json[_at])
        {
            case (byte)'{' or (byte)'[':
                var isObject = _json[_at++] == '{';
                SkipBlanks();
                if (_at < _json.Length && _json[_at] == (isObject ? '}' : ']'))
                {
                    _at++;
                    return null;
                }

                around.Push(isObject);
                isOpen = true;
                return isObject ? Key() : null;
            case (byte)'"':
                return Text();
            case (byte)'t':
                return Literal("true");
            case (byte)'f':
                return Literal("false");
            case (byte)'n':
                return Literal("null");
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return Number();
            default:
                return Invalid("looking for beginning of value");
        }
    }

    private string? Key()
    {
        SkipBlanks();
        if (_at == _json.Length)
        {
            return UnexpectedEnd;
        }

        if (_json[_at] != '"')
        {
            return Invalid("looking for beginning of object key string");
        }

        if (Text() is { } error)
        {
            return error;
        }

        SkipBlanks();
        return Expect(_at < _json.Length && _json[_at] == ':', "after object key");
    }

    private string? Text()
    {
        _at++;
        while (_at < _json.Length)
        {
            var c = _json[_at];
            if (c < 0x20)
            {
                return Invalid("in string literal");
            }

            _at++;
            if (c == '"')
            {
                return null;
            }

            if (c == '\\' && Escape() is { } error)
            {
                return error;
            }
        }

        return UnexpectedEnd;
    }

    private string? Escape()
    {
        if (_at < _json.Length && _json[_at] == 'u')
        {
            _at++;
            for (var digit = 0; digit < 4; digit++)
            {
                if (Expect(_at < _json.Length && char.IsAsciiHexDigit((char)_json[_at]), "in \\u hexadecimal character escape") is { } error)
                {
                    return error;
                }
            }

            return null;
        }

        return Expect(_at < _json.Length && "\"\\/bfnrt"u8.Contains(_json[_at]), "in string escape code");
    }

    private string? Literal(string word)
    {
        _at++;
        foreach (var letter in word.AsSpan(1))
        {
            if (Expect(_at < _json.Length && _json[_at] == letter, $"in literal {word} (expecting '{letter}')") is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private string? Number()
    {
        if (_json[_at] == '-')
        {
            _at++;
            if (_at == _json.Length || !char.IsAsciiDigit((char)_json[_at]))
            {
                return Expect(holds: false, "in numeric literal");
            }
        }

        if (_json[_at++] != '0')
        {
            SkipDigits();
        }

        if (_at < _json.Length && _json[_at] == '.')
        {
            _at++;
            if (Digit("after decimal point in numeric literal") is { } error)
            {
                return error;
            }
        }

        if (_at < _json.Length && _json[_at] is (byte)'e' or (byte)'E')
        {
            _at++;
            if (_at < _json.Length && _json[_at] is (byte)'+' or (byte)'-')
            {
                _at++;
            }

            return Digit("in exponent of numeric literal");
        }

        return null;
    }

    private string? Digit(string where)
    {
        var error = Expect(_at < _json.Length && char.IsAsciiDigit((char)_json[_at]), where);
        SkipDigits();
        return error;
    }

    private void SkipDigits()
    {
        while (_at < _json.Length && char.IsAsciiDigit((char)_json[_at]))
        {
            _at++;
        }
    }

    private void SkipBlanks()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _at++;
        }
    }

    // Steps over a byte that is as it must be.
    private string? Expect(bool holds, string where)
    {
        if (!holds)
        {
            return _at == _json.Length ? UnexpectedEnd : Invalid(where);
        }

        _at++;
        return null;
    }

    // Go names the byte, and takes it for a character.
    private readonly string Invalid(string where) => $"invalid character {Quoted((char)_json[_at])} {where}";

    private static string Quoted(char c) => c switch
    {
        '\'' => @"'\''",
        '"' => "'\"'",
        _ => $"'{GoQuote.Of(c.ToString())[1..^1]}'",
    };
}
