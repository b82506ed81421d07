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
    public static byte[] Convert(string text) => Convert(text, out _);

    /// <summary>Reads and rewrites a text, and tells where what is written comes from.</summary>
    /// <param name="text">The document.</param>
    /// <param name="lines">For each key and each element of a list the offset in the JSON from which on it stands there, and its line in the text; 0 where that is not known.</param>
    /// <exception cref="HclException">It cannot be read.</exception>
    public static byte[] Convert(string text, out IReadOnlyList<(long Offset, int Line)> lines)
    {
        var json = new ArrayBufferWriter<byte>();
        List<(long Offset, int Line)> places = [];
        using (var writer = new Utf8JsonWriter(json, Options))
        {
            new Rewriting(writer, places).Write(HclParser.Parse(text));
        }

        lines = places;
        return json.WrittenSpan.ToArray();
    }

    private static bool IsBlocks(HclNode node) => node is HclObject || (node is HclList { Items: [_, ..] items } && items.All(static item => item is HclObject));

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

    private sealed class Rewriting(Utf8JsonWriter writer, List<(long Offset, int Line)> places)
    {
        public void Write(HclObject value)
        {
            // In order of their first appearance.
            OrderedDictionary<string, List<(HclPosition At, HclNode Node)>> fields = new(StringComparer.Ordinal);
            foreach (var (at, keys, node) in value.Items)
            {
                var inner = keys.Skip(1).Reverse().Aggregate(node, static (body, key) => new HclObject(body.At, [new HclItem(body.At, [key], body)]));
                if (!fields.TryGetValue(keys[0], out var given))
                {
                    fields.Add(keys[0], given = []);
                }
                else if (!IsBlocks(inner) || !given.TrueForAll(static one => IsBlocks(one.Node)))
                {
                    given.Clear();
                }

                given.Add((at, inner));
            }

            writer.WriteStartObject();
            foreach (var (name, given) in fields)
            {
                Mark(given[0].At);
                writer.WritePropertyName(name);
                if (IsBlocks(given[0].Node))
                {
                    WriteList(given.SelectMany(static one => one.Node is HclList list ? list.Items.Select(static item => (item.At, item)) : [one]));
                }
                else
                {
                    Write(given[0].Node);
                }
            }

            writer.WriteEndObject();
        }

        private void WriteList(IEnumerable<(HclPosition At, HclNode Node)> items)
        {
            writer.WriteStartArray();
            foreach (var (at, node) in items)
            {
                Mark(at);
                Write(node);
            }

            writer.WriteEndArray();
        }

        private void Write(HclNode node)
        {
            switch (node)
            {
                case HclObject value:
                    Write(value);
                    break;
                case HclList list:
                    WriteList(list.Items.Select(static item => (item.At, item)));
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

        // What is written next stands there.
        private void Mark(HclPosition at) => places.Add((writer.BytesCommitted + writer.BytesPending, at.Line));
    }
}
