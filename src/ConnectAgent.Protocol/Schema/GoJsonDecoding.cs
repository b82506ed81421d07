using System.Text.Json;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Schema;

/// <summary>
/// Go's <c>encoding/json</c>, which decodes request bodies (http-conventions BODY-2, BODY-3): types are strict, unknown names are errors, and the first
/// thing that is wrong is told.
/// </summary>
public sealed class GoJsonDecoding : SchemaDecoding
{
    private string? _firstError;

    /// <inheritdoc/>
    public override void Mismatch(JsonElement value, string goType) => Refuse(value, "of type " + goType, string.Empty);

    /// <inheritdoc/>
    public override void Unparsable(JsonElement value, string error) => _firstError ??= error;

    /// <inheritdoc/>
    public override void Unknown(string more) => _firstError ??= $"json: unknown field {GoQuote.Of(Places[^1].Written!)}{more}";

    /// <inheritdoc/>
    public override bool TryNumber(JsonElement value, NumberRange range, out decimal number)
    {
        number = 0;
        if (value.ValueKind == JsonValueKind.Number)
        {
            if (value.TryGetInt64(out var signed) && signed >= range.Least && signed <= range.Most)
            {
                number = signed;
                return true;
            }

            if (value.TryGetUInt64(out var unsigned) && unsigned >= range.Least && unsigned <= range.Most)
            {
                number = unsigned;
                return true;
            }
        }

        // Of a number that does not fit, the reference tells which; where it reads any value first, it does not.
        Refuse(value, "of type " + range.GoType, range == NumberRange.Duration ? string.Empty : DigitsOf(value));
        return false;
    }

    /// <inheritdoc/>
    public override bool TryReal(JsonElement value, string goType, out double number)
    {
        number = 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out number) && double.IsFinite(number))
        {
            return true;
        }

        Refuse(value, "of type " + goType, DigitsOf(value));
        return false;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<JsonElement>? ObjectsOf(JsonElement value, string? goTarget) => Is(value, JsonValueKind.Object, goTarget) ? [value] : null;

    /// <inheritdoc/>
    public override IEnumerable<JsonElement>? ElementsOf(JsonElement value, string? goTarget) =>
        Is(value, JsonValueKind.Array, goTarget) ? value.EnumerateArray() : null;

    /// <inheritdoc/>
    public override Exception NullElement() => new GoJsonException("EOF");

    /// <inheritdoc/>
    public override void Finish()
    {
        if (_firstError is not null)
        {
            throw new GoJsonException(_firstError);
        }
    }

    private bool Is(JsonElement value, JsonValueKind kind, string? goTarget)
    {
        if (value.ValueKind == kind)
        {
            return true;
        }

        Refuse(value, goTarget ?? string.Empty, string.Empty);
        return false;
    }

    // What begins with "Go" names the target itself.
    private void Refuse(JsonElement value, string goTarget, string digits)
    {
        if (_firstError is null)
        {
            var at = goTarget.StartsWith("Go ", StringComparison.Ordinal) ? string.Empty : Depth == 0 ? "Go value" : "Go struct field " + GoPath();
            _firstError = $"json: cannot unmarshal {KindOf(value)}{digits} into {at}{(at.Length > 0 && goTarget.Length > 0 ? " " : string.Empty)}{goTarget}";
        }
    }

    // The record's name and the fields below it; elements of lists and maps are not named.
    private string GoPath()
    {
        var path = string.Empty;
        for (var i = Places.Length - 1; i >= 0; i--)
        {
            if (Places[i].Field is { } field)
            {
                path = $".{field}{path}";
                if (Places[i].GoName is { } record)
                {
                    return record + path;
                }
            }
        }

        return path;
    }

    // A number may be as long as the body.
    private static string DigitsOf(JsonElement value)
    {
        const int Shown = 64;
        var text = value.ValueKind == JsonValueKind.Number ? " " + value.GetRawText() : string.Empty;
        return text.Length > Shown + 1 ? text[..(Shown + 1)] + "..." : text;
    }

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "array",
        _ => "object",
    };
}
