using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Reads a request body as the reference decodes it (http-conventions BODY-1 to BODY-3): names without case, the last of a repeated name
/// counts, unknown names are errors, only the first JSON value is read. A syntax error anywhere in that value wins over what was wrong
/// with a field.
/// </summary>
/// <param name="json">The body followed by one space, so that a number at its end is complete.</param>
internal ref partial struct GoJsonReader(ReadOnlySpan<byte> json)
{
    /// <summary>Of any body; the reference's own bound.</summary>
    [Limit(DepthLimit, "levels", "refused: 400", Refuses = true)]
    private const int Deepest = 10_000;

    private const string DepthLimit = "http.body_depth";

    // The framework's own bound would be told as a syntax error.
    private Utf8JsonReader _reader = new(
        json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = Deepest + 1, AllowMultipleValues = true }));

    // Whether there is anything but white space.
    private readonly bool _isEmpty = json.IndexOfAnyExcept(" \t\r\n"u8) < 0;

    private string? _firstError;

    /// <summary>The name of the field just entered.</summary>
    public string Name { get; private set; } = string.Empty;

    /// <summary>Enters the document.</summary>
    /// <param name="goType">The reference's name of the type, for the error text.</param>
    /// <returns>False for <c>null</c>, which is an empty value, and for any other type, which is an error.</returns>
    public bool BeginDocument(string goType) => BeginDocument(goType, out _);

    /// <summary>The same, for endpoints on which a null body is an error.</summary>
    public bool BeginDocument(string goType, out bool isNull)
    {
        Advance();
        isNull = IsNull;
        return IsObject($"Go value of type {goType}");
    }

    /// <summary>Enters a document that is an array; false for <c>null</c>, and for any other type, which is an error.</summary>
    public bool BeginDocumentArray(string goType)
    {
        Advance();
        if (_reader.TokenType == JsonTokenType.StartArray)
        {
            return true;
        }

        Mismatch($"Go value of type {goType}");
        return false;
    }

    /// <summary>Steps to the next field of the object; false at its end.</summary>
    public bool NextField()
    {
        Advance();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        Name = GoJsonText.Read(ref _reader);
        Advance();
        return true;
    }

    public readonly bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The field is none that the endpoint knows.</summary>
    public void Unknown()
    {
        _firstError ??= $"json: unknown field {GoQuote.Of(Name)}";
        SkipValue();
    }

    /// <summary>Takes whatever value the field has, and forgets it.</summary>
    public void Ignore() => SkipValue();

    /// <summary>The field's text; null for a JSON null and for another type, which is an error.</summary>
    public string? String(string goField)
    {
        if (_reader.TokenType == JsonTokenType.String)
        {
            return GoJsonText.Read(ref _reader);
        }

        Mismatch($"Go struct field {goField} of type string");
        return null;
    }

    /// <summary>The field's truth value; null as for <see cref="String"/>.</summary>
    public bool? Boolean(string goField)
    {
        if (_reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return _reader.GetBoolean();
        }

        Mismatch($"Go struct field {goField} of type bool");
        return null;
    }

    /// <summary>Checks that the field is a whole number, and forgets it.</summary>
    public void IgnoreInteger(string goField)
    {
        if (_reader.TokenType != JsonTokenType.Number || !(_reader.TryGetInt64(out _) || _reader.TryGetUInt64(out _)))
        {
            MismatchNumber($"Go struct field {goField} of type int");
        }
    }

    /// <summary>A duration as text, or as a number of nanoseconds; null as for <see cref="String"/>.</summary>
    public TimeSpan? Duration(string goField)
    {
        if (_reader.TokenType == JsonTokenType.Number && _reader.TryGetInt64(out var nanoseconds))
        {
            return GoDuration.FromNanoseconds(nanoseconds);
        }

        if (_reader.TokenType != JsonTokenType.String)
        {
            Mismatch($"Go struct field {goField} of type time.Duration");
            return null;
        }

        if (!GoDuration.TryParse(GoJsonText.Read(ref _reader), out var duration, out var error))
        {
            _firstError ??= error;
            return null;
        }

        return duration;
    }

    /// <summary>A time by RFC 3339; null as for <see cref="String"/>.</summary>
    public DateTimeOffset? Time(string goField)
    {
        if (_reader.TokenType == JsonTokenType.String && _reader.TryGetDateTimeOffset(out var time))
        {
            return time;
        }

        if (_reader.TokenType == JsonTokenType.String)
        {
            var text = GoQuote.Of(GoJsonText.Read(ref _reader));
            _firstError ??= $"parsing time {GoQuote.Of(text)} as {GoQuote.Of("\"2006-01-02T15:04:05Z07:00\"")}: cannot parse {text} as \"2006\"";
            return null;
        }

        Mismatch($"Go struct field {goField} of type time.Time");
        return null;
    }

    /// <summary>Reads one field of an object into the object.</summary>
    public delegate T FieldReader<T>(ref GoJsonReader json, T item);

    /// <summary>Reads the whole document as an object and takes it to its end; <c>null</c> is the empty one.</summary>
    /// <param name="goType">The reference's name of the type.</param>
    /// <param name="empty">What it starts from.</param>
    /// <param name="read">Called for each field.</param>
    /// <exception cref="GoJsonException">The first thing that was wrong.</exception>
    public T DocumentOf<T>(string goType, T empty, FieldReader<T> read)
    {
        var item = empty;
        if (BeginDocument(goType))
        {
            while (NextField())
            {
                item = read(ref this, item);
            }
        }

        End();
        return item;
    }

    /// <summary>A list of objects; empty for a JSON null and for another type. An element that is null is an empty object.</summary>
    /// <param name="goField">The reference's name of the field.</param>
    /// <param name="empty">What each element starts from.</param>
    /// <param name="read">Called for each field of each element; <see cref="Name"/> tells which.</param>
    public List<T> Objects<T>(string goField, T empty, FieldReader<T> read)
    {
        List<T> items = [];
        if (BeginArray(goField))
        {
            while (NextElement())
            {
                var item = empty;
                if (BeginObject(goField))
                {
                    while (NextField())
                    {
                        item = read(ref this, item);
                    }
                }

                items.Add(item);
            }
        }

        return items;
    }

    /// <summary>A list of texts; empty for a JSON null and for another type.</summary>
    public List<string> Texts(string goField)
    {
        List<string> texts = [];
        if (BeginArray(goField))
        {
            while (NextElement())
            {
                texts.Add(String(goField) ?? string.Empty);
            }
        }

        return texts;
    }

    /// <summary>The field is known by its name alone, and refused with words of its own.</summary>
    public void Unknown(string more)
    {
        _firstError ??= $"json: unknown field {GoQuote.Of(Name)}{more}";
        SkipValue();
    }

    /// <summary>A map of text; null for a JSON null and for another type.</summary>
    public Dictionary<string, string>? Map(string goField)
    {
        if (!IsObject($"Go struct field {goField} of type map[string]string"))
        {
            return null;
        }

        Dictionary<string, string> map = new(StringComparer.Ordinal);
        while (NextField())
        {
            map[Name] = String(goField) ?? string.Empty;
        }

        return map;
    }

    /// <summary>The field's whole number of 64 bits without sign; null as for <see cref="String"/>.</summary>
    public ulong? UnsignedInteger(string goField)
    {
        if (_reader.TokenType == JsonTokenType.Number && _reader.TryGetUInt64(out var number))
        {
            return number;
        }

        MismatchNumber($"Go struct field {goField} of type uint64");
        return null;
    }

    /// <summary>Enters the field's array; false for null and for another type.</summary>
    public bool BeginArray(string goField)
    {
        if (_reader.TokenType == JsonTokenType.StartArray)
        {
            return true;
        }

        Mismatch($"Go struct field {goField} of type []interface");
        return false;
    }

    /// <summary>Steps to the next element; false at the end.</summary>
    public bool NextElement()
    {
        Advance();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    /// <summary>Enters the field's or element's object; false for null and for another type.</summary>
    public bool BeginObject(string goField) => IsObject($"Go struct field {goField}");

    public readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    public readonly bool IsArray => _reader.TokenType == JsonTokenType.StartArray;

    /// <summary>The document was read to its end.</summary>
    /// <exception cref="GoJsonException">The first thing that was wrong with a field.</exception>
    public readonly void End()
    {
        if (_firstError is not null)
        {
            throw new GoJsonException(_firstError);
        }
    }

    private bool IsObject(string goTarget)
    {
        if (_reader.TokenType == JsonTokenType.StartObject)
        {
            return true;
        }

        Mismatch(goTarget);
        return false;
    }

    // Of a number that does not fit, the reference tells which.
    private void MismatchNumber(string goTarget)
    {
        if (_reader.TokenType == JsonTokenType.Number)
        {
            _firstError ??= $"json: cannot unmarshal number {NumberText()} into {goTarget}";
            return;
        }

        Mismatch(goTarget);
    }

    // A number may be as long as the body.
    private readonly string NumberText()
    {
        const int Shown = 64;
        var text = _reader.ValueSpan;
        return Encoding.ASCII.GetString(text[..Math.Min(Shown, text.Length)]) + (text.Length > Shown ? "..." : string.Empty);
    }

    private void Mismatch(string goTarget)
    {
        var type = _reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => "string",
            JsonTokenType.Number => "number",
            JsonTokenType.True or JsonTokenType.False => "bool",
            JsonTokenType.StartArray => "array",
            _ => "object",
        };
        if (type is not null)
        {
            _firstError ??= $"json: cannot unmarshal {type} into {goTarget}";
        }

        SkipValue();
    }

    private void SkipValue()
    {
        if (_reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        var depth = _reader.CurrentDepth;
        do
        {
            Advance();
        }
        while (_reader.CurrentDepth > depth);
    }

    private void Advance()
    {
        if (!_reader.Read())
        {
            throw new GoJsonException(_isEmpty ? "EOF" : "unexpected EOF");
        }

        if (_reader.CurrentDepth >= Deepest && _reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            throw TooDeep(DepthLimit);
        }
    }
}

/// <summary>A body that cannot be decoded; the message is the reference's (BODY-3).</summary>
internal sealed class GoJsonException(string message) : Exception(message)
{
    /// <summary>The name of the bound that refused, where it was one (docs/limits.md).</summary>
    public string? Limit { get; init; }
}
