using System.Buffers;
using System.Text;
using System.Text.Json;

namespace ConnectAgent.Protocol.Json;

/// <summary>JSON that is kept as it is, in one form: names sorted at all levels, of a repeated one the last, numbers as written. So equal values are equal texts.</summary>
public static class SortedJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };

    /// <summary>The text of a value.</summary>
    public static string Of(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            Write(writer, value);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The text of an object.</summary>
    /// <param name="members">The text of each of its members, in this form.</param>
    public static string Of(SortedDictionary<string, string> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in members)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(value, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The text of a string.</summary>
    public static string Text(string value) => $"\"{JsonEncodedText.Encode(value, GoJsonEncoder.Instance)}\"";

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                SortedDictionary<string, JsonElement> sorted = new(StringComparer.Ordinal);
                foreach (var property in value.EnumerateObject())
                {
                    sorted[property.Name] = property.Value;
                }

                writer.WriteStartObject();
                foreach (var (name, inner) in sorted)
                {
                    writer.WritePropertyName(name);
                    Write(writer, inner);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Number when value.GetDouble() is var real && !double.IsFinite(real):
                writer.WriteNumberValue(real > 0 ? double.MaxValue : double.MinValue); // an earlier revision stored such
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
