using System.Globalization;
using System.Text.Json;

namespace ConnectAgent.Cli.Framework;

/// <summary>What commands take out of answers; what is not there is empty, as in the reference's clients (clients GO-7).</summary>
internal static class JsonReading
{
    /// <summary>A field; undefined where there is none.</summary>
    public static JsonElement Field(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;

    /// <summary>A text, a number or a truth value, as text.</summary>
    public static string Text(this JsonElement json, string name) => json.Field(name).AsText();

    /// <inheritdoc cref="Text"/>
    public static string AsText(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => string.Empty,
    };

    /// <summary>A whole number.</summary>
    public static long Number(this JsonElement json, string name) =>
        json.Field(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : 0;

    /// <summary>A truth value.</summary>
    public static bool IsTrue(this JsonElement json, string name) => json.Field(name).ValueKind == JsonValueKind.True;

    /// <summary>The elements of a list; none where there is no list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement json, string name) => json.Field(name).AsItems();

    /// <inheritdoc cref="Items"/>
    public static IEnumerable<JsonElement> AsItems(this JsonElement value) => value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    /// <summary>The fields of an object, sorted by name; none where there is no object.</summary>
    public static IEnumerable<JsonProperty> Fields(this JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().OrderBy(static field => field.Name, StringComparer.Ordinal) : [];

    /// <summary>A point in time.</summary>
    public static DateTimeOffset Time(this JsonElement json, string name) =>
        DateTimeOffset.TryParse(json.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : DateTimeOffset.MinValue;
}
