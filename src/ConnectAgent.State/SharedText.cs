using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ConnectAgent.State;

/// <summary>
/// Reads short texts of rows so that those that were read a moment ago are the same objects: rows name the same nodes, services and statuses again and again, and
/// texts are most of what a start with many rows makes. Longer ones, among them the IDs that are tokens, and keys, are never held here.
/// </summary>
internal sealed class SharedText : JsonConverter<string>
{
    private const int ShortEnough = 32;
    private const int Places = 1024;

    [ThreadStatic]
    private static string?[]? t_texts;

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => Of(ref reader),
        _ => throw new JsonException("no text"),
    };

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    private static string Of(ref Utf8JsonReader reader)
    {
        if (reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length is 0 or > ShortEnough)
        {
            return reader.GetString()!;
        }

        var bytes = reader.ValueSpan;
        var hash = (uint)bytes.Length;
        foreach (var one in bytes)
        {
            hash = (hash * 31) + one;
        }

        ref var known = ref (t_texts ??= new string?[Places])[hash % Places];
        return known is not null && Ascii.Equals(bytes, known) ? known : known = reader.GetString()!;
    }
}
