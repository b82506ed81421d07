using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Cli.Framework;

/// <summary>
/// JSON as the reference's command line prints it: what it knows of an answer, in its own order. A field that is absent is left out, unless its name ends in
/// <c>!</c>: then it is null; one that ends in <c>?</c> is left out when it is empty, too;
/// one that ends in <c>~</c> is false where it is absent.
/// </summary>
internal sealed class JsonShape
{
    private readonly (string Name, char Absent)[] _fields;

    public JsonShape(params string[] fields) => _fields = [.. fields.Select(static field => (field.TrimEnd('!', '?', '~'), field[^1]))];

    /// <summary>Prints a value indented.</summary>
    /// <param name="json">It.</param>
    /// <param name="shape">Of it, or of each element of a list; null: as it came.</param>
    /// <param name="indent">What a level is indented by.</param>
    public static string Print(JsonElement json, JsonShape? shape = null, string indent = "    ")
    {
        var text = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentCharacter = indent[0],
            IndentSize = indent.Length,
            Encoder = GoJsonEncoder.Instance,
            NewLine = "\n",
        };
        using (var writer = new Utf8JsonWriter(text, options))
        {
            if (json.ValueKind == JsonValueKind.Array && shape is not null)
            {
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray())
                {
                    shape.Write(writer, item);
                }

                writer.WriteEndArray();
            }
            else if (shape is not null)
            {
                shape.Write(writer, json);
            }
            else
            {
                json.WriteTo(writer);
            }
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>A document as a body.</summary>
    public static byte[] Body(JsonNode json) => Body(writer => json.WriteTo(writer));

    /// <summary>Writes texts by name, in the order of the names; nothing where there are none.</summary>
    public static void WriteMap(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (key, value) in map.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a body.</summary>
    public static byte[] Body(Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = GoJsonEncoder.Instance }))
        {
            write(writer);
        }

        return body.WrittenSpan.ToArray();
    }

    private void Write(Utf8JsonWriter writer, JsonElement json)
    {
        writer.WriteStartObject();
        foreach (var (name, absent) in _fields)
        {
            if (json.Field(name) is { ValueKind: not JsonValueKind.Undefined } value && !(absent == '?' && IsEmpty(value)))
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
            else if (absent == '!')
            {
                writer.WriteNull(name);
            }
            else if (absent == '~')
            {
                writer.WriteBoolean(name, value: false);
            }
        }

        writer.WriteEndObject();
    }

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };
}
