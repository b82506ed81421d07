using System.Text.Json;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Schema;

/// <summary>
/// The reference's mapstructure, which decodes config entries and the settings of plug-ins (intentions CE-4, CE-22, services CFG-3): input is taken weakly
/// (numbers as texts, a single value for a list, a list of objects for one), and all that is wrong is told. A wrong type wins over unknown keys.
/// </summary>
/// <param name="isStored">What is stored must be opened: numbers out of range are brought into it, and no bound holds.</param>
public abstract class MapstructureDecoding(bool isStored = false) : SchemaDecoding
{
    // An answer is no place for a list as long as the body.
    [Limit("config_entries.errors", "errors", "left out of the answer")]
    private const int MostErrors = 100;

    private readonly List<string> _mismatches = [];
    private readonly List<string> _unknown = [];

    /// <summary>What is wrong with values.</summary>
    protected IReadOnlyList<string> Mismatches => _mismatches;

    /// <summary>Tells what is wrong with a value.</summary>
    protected void AddMismatch(string text) => Add(_mismatches, text);

    /// <inheritdoc/>
    public override void Mismatch(JsonElement value, string goType) =>
        Add(_mismatches, $"'{Path()}' expected type '{goType}', got unconvertible type '{JsonKinds.GoTypeOf(value)}'");

    /// <inheritdoc/>
    public override void NoMap(JsonElement value) => Add(_mismatches, $"'{Path()}' expected a map, got '{JsonKinds.GoKindOf(value)}'");

    /// <inheritdoc/>
    public override void Unparsable(JsonElement value, string error) => Add(_mismatches, $"error decoding '{Path()}': {error}");

    /// <inheritdoc/>
    public override void Unknown(string more) => Add(_unknown, $"invalid config key {GoQuote.Of(Path())}{more}");

    /// <inheritdoc/>
    public override bool TryText(JsonElement value, out string text)
    {
        (var isText, text) = value.ValueKind switch
        {
            JsonValueKind.String => (true, value.GetString()!),
            JsonValueKind.Number => (true, value.GetRawText()),
            JsonValueKind.True => (true, "1"),
            JsonValueKind.False => (true, "0"),
            _ => (false, string.Empty),
        };
        if (!isText)
        {
            Mismatch(value, "string");
        }

        return isText;
    }

    /// <inheritdoc/>
    public override bool TryFlag(JsonElement value, out bool flag)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            var isNumber = TryNumber(value, NumberRange.Any, out var number);
            flag = number != 0;
            return isNumber;
        }

        (var isFlag, flag) = value.ValueKind switch
        {
            JsonValueKind.True => (true, true),
            JsonValueKind.False => (true, false),
            JsonValueKind.String => value.GetString() switch
            {
                "1" or "t" or "T" or "TRUE" or "true" or "True" => (true, true),
                "" or "0" or "f" or "F" or "FALSE" or "false" or "False" => (true, false),
                _ => (false, false),
            },
            _ => (false, false),
        };
        if (!isFlag)
        {
            NotParsed(value, "bool", "bool", "Bool");
        }

        return isFlag;
    }

    /// <inheritdoc/>
    public override bool TryNumber(JsonElement value, NumberRange range, out decimal number)
    {
        var isNumber = TryParse(value, out number);
        if (!isNumber)
        {
            NotParsed(value, range.GoType, "int", "Int");
        }
        else if (number < range.Least || number > range.Most)
        {
            Overflow(value, range);
            number = Math.Clamp(number, range.Least, range.Most);
        }

        return isNumber;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<JsonElement>? ObjectsOf(JsonElement value, string? goTarget)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            return [value];
        }

        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object))
        {
            return [.. value.EnumerateArray()];
        }

        NoMap(value);
        return null;
    }

    /// <inheritdoc/>
    public override IEnumerable<JsonElement>? ElementsOf(JsonElement value, string? goTarget) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray(),
        JsonValueKind.Object when !value.EnumerateObject().Any() => [],
        _ => [value],
    };

    /// <summary>Of a repeated name the last counts (BODY-2), in its place, because another spelling of it may stand between.</summary>
    public override IEnumerable<JsonProperty> PropertiesOf(JsonElement value)
    {
        List<JsonProperty> all = [.. value.EnumerateObject()];
        Dictionary<string, int> last = new(all.Count, StringComparer.Ordinal);
        for (var i = 0; i < all.Count; i++)
        {
            last[all[i].Name] = i;
        }

        return last.Count == all.Count ? all : last.Values.Order().Select(i => all[i]);
    }

    /// <inheritdoc/>
    public override Exception NullElement()
    {
        var path = Path();
        return new MapstructureException("null entry in " + path[(path.LastIndexOf('.') + 1)..]);
    }

    /// <inheritdoc/>
    public override void Bound(CountBound? bound, int count)
    {
        if (!isStored)
        {
            base.Bound(bound, count);
        }
    }

    /// <inheritdoc/>
    public override void Bound(LengthBound? bound, string text, string what = "")
    {
        if (!isStored)
        {
            base.Bound(bound, text, what);
        }
    }

    /// <inheritdoc/>
    public override void Finish()
    {
        if (_mismatches.Count > 0)
        {
            throw new MapstructureException(ListOf(_mismatches));
        }

        if (_unknown.Count > 0)
        {
            throw new MapstructureException(ListError.Of(_unknown));
        }
    }

    /// <summary>The form in which wrong values are told.</summary>
    public static string ListOf(IReadOnlyList<string> mismatches) =>
        $"{mismatches.Count} error(s) decoding:\n\n" + string.Join('\n', mismatches.Select(text => "* " + text));

    /// <summary>A value of some type that can stand for what is wanted, but does not.</summary>
    /// <param name="value">It.</param>
    /// <param name="goType">What was wanted.</param>
    /// <param name="kind">The same in the words of Go's parsers.</param>
    /// <param name="parser">Which of them it was.</param>
    protected virtual void NotParsed(JsonElement value, string goType, string kind, string parser) => Mismatch(value, goType);

    /// <summary>A number that the type cannot hold; it is brought into it.</summary>
    protected virtual void Overflow(JsonElement value, NumberRange range)
    {
        if (!isStored)
        {
            Add(_mismatches, $"cannot parse '{Path()}', {value.GetRawText()} overflows {range.GoType}");
        }
    }

    private static bool TryParse(JsonElement value, out decimal number)
    {
        number = value.ValueKind == JsonValueKind.True ? 1 : 0;
        return value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => true,
            JsonValueKind.Number => NumberRange.TryParse(value.GetRawText(), out number),
            JsonValueKind.String => value.GetString() is var text && (text!.Length == 0 || NumberRange.TryParse(text, out number)),
            _ => false,
        };
    }

    private static void Add(List<string> errors, string text)
    {
        if (errors.Count < MostErrors)
        {
            errors.Add(text);
        }
    }
}
