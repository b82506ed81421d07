using System.Text.Json;

namespace ConnectAgent.Proxy.Registration;

/// <summary>What is taken out of the agent's answers; what is not there is empty (clients GO-7).</summary>
internal static class JsonFields
{
    public static JsonElement FieldOf(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    /// <summary>A text, or a number as it is written.</summary>
    public static string TextOf(this JsonElement json, string name) => json.FieldOf(name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => string.Empty,
    };

    public static int NumberOf(this JsonElement json, string name) =>
        json.FieldOf(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : 0;

    public static IEnumerable<JsonElement> ItemsOf(this JsonElement json, string name) =>
        json.FieldOf(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];
}
