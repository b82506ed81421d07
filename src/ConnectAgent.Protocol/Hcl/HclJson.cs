using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ConnectAgent.Protocol.Hcl;

/// <summary>
/// Writes a document as JSON, in the form that the reference's decoders get: a block is a list of objects, one for each time that it stands there
/// (config-and-cli LOAD-5); a value that is set twice counts as set last.
/// </summary>
public static class HclJson
{
    // Quotes and brackets stay readable in errors that show a value.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads and rewrites a text.</summary>
    /// <exception cref="HclException">It cannot be read.</exception>
    public static byte[] Convert(string text)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Options))
        {
            Write(writer, HclParser.Parse(text));
        }

        return json.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, HclObject value)
    {
        // In order of their first appearance.
        OrderedDictionary<string, List<HclNode>> fields = new(StringComparer.Ordinal);
        foreach (var (_, keys, node) in value.Items)
        {
            var inner = keys.Skip(1).Reverse().Aggregate(node, static (body, key) => new HclObject(body.At, [new HclItem(body.At, [key], body)]));
            if (!fields.TryGetValue(keys[0], out var given))
            {
                fields.Add(keys[0], given = []);
            }
            else if (!IsBlocks(inner) || !given.TrueForAll(IsBlocks))
            {
                given.Clear();
            }

            given.Add(inner);
        }

        writer.WriteStartObject();
        foreach (var (name, given) in fields)
        {
            writer.WritePropertyName(name);
            if (IsBlocks(given[0]))
            {
                WriteList(writer, given.SelectMany(static node => node is HclList list ? list.Items : [node]));
            }
            else
            {
                Write(writer, given[0]);
            }
        }

        writer.WriteEndObject();
    }

    private static bool IsBlocks(HclNode node) => node is HclObject || (node is HclList { Items: [_, ..] items } && items.All(static item => item is HclObject));

    private static void WriteList(Utf8JsonWriter writer, IEnumerable<HclNode> items)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            Write(writer, item);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, HclNode node)
    {
        switch (node)
        {
            case HclObject value:
                Write(writer, value);
                break;
            case HclList list:
                WriteList(writer, list.Items);
                break;
            case HclBoolean boolean:
                writer.WriteBooleanValue(boolean.Value);
                break;
            case HclText { IsNumber: true } number:
                writer.WriteRawValue(NumberOf(number));
                break;
            default:
                writer.WriteStringValue(((HclText)node).Text);
                break;
        }
    }

    // Whole numbers may be written in hex, and in octal behind a zero.
    private static string NumberOf(HclText number)
    {
        var text = number.Text;
        var (sign, digits) = text.StartsWith('-') ? ("-", text[1..]) : (string.Empty, text);
        try
        {
            if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            {
                return sign + System.Convert.ToUInt64(digits[2..], 16).ToString(CultureInfo.InvariantCulture);
            }

            if (digits.Length > 1 && digits[0] == '0' && digits.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
            {
                return sign + System.Convert.ToUInt64(digits, 8).ToString(CultureInfo.InvariantCulture);
            }
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            throw new HclException(number.At, $"illegal number {text}");
        }

        return digits.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0
            ? sign + digits
            : double.TryParse(text, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                ? real.ToString("R", CultureInfo.InvariantCulture)
                : throw new HclException(number.At, $"illegal number {text}");
    }
}
