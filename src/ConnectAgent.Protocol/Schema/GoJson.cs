using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace ConnectAgent.Protocol.Schema;

/// <summary>
/// Reads a text of JSON as the reference reads request bodies (http-conventions BODY-1 to BODY-3): only the first value is read, a syntax error anywhere in it
/// wins over what is wrong with a field, half a surrogate pair becomes the replacement character.
/// </summary>
public static class GoJson
{
    /// <summary>Decodes the first value.</summary>
    /// <param name="json">The text followed by one space, so that a number at its end is complete. It is written to.</param>
    /// <param name="type">What it must be.</param>
    /// <exception cref="GoJsonException">The first thing that is wrong.</exception>
    public static T Decode<T>(Memory<byte> json, SchemaType<T> type)
    {
        if (!Utf8.IsValid(json.Span))
        {
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        }

        var first = json[..LengthOfFirst(json.Span, type.Depth)];
        ReplaceHalfPairs(first.Span);
        using var document = JsonDocument.Parse(first, new JsonDocumentOptions { MaxDepth = type.Depth.Most });
        var decoding = new GoJsonDecoding();
        var read = type.ReadOrEmpty(document.RootElement, decoding);
        decoding.Finish();
        return read;
    }

    private static int LengthOfFirst(ReadOnlySpan<byte> json, DepthBound depth)
    {
        // The framework's own bound would be told as a syntax error.
        var reader = new Utf8JsonReader(
            json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = depth.Most + 1, AllowMultipleValues = true }));
        try
        {
            do
            {
                if (!reader.Read())
                {
                    throw new GoJsonException(json.IndexOfAnyExcept(" \t\r\n"u8) < 0 ? "EOF" : "unexpected EOF");
                }

                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    depth.Require(reader.CurrentDepth);
                }
            }
            while (reader.CurrentDepth > 0 || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray);
        }
        catch (JsonException error)
        {
            throw new GoJsonException(Describe(error, json));
        }

        return (int)reader.BytesConsumed;
    }

    // What broke at the space that was added was cut off by the sender.
    private static string Describe(JsonException error, ReadOnlySpan<byte> json)
    {
        var start = 0;
        for (var line = 0L; line < (error.LineNumber ?? 0) && start < json.Length; line++)
        {
            start += json[start..].IndexOf((byte)'\n') + 1;
        }

        var at = start + (int)(error.BytePositionInLine ?? 0);
        if (at >= json.Length - 1)
        {
            return "unexpected EOF";
        }

        _ = Rune.DecodeFromUtf8(json[at..], out var found, out _);
        return $"invalid character '{found}' looking for beginning of value";
    }

    // The framework refuses a text with half a surrogate pair as a whole. The syntax is right: each backslash has what it needs behind it.
    private static void ReplaceHalfPairs(Span<byte> json)
    {
        const int Escape = 6;
        for (int next; (next = json.IndexOf((byte)'\\')) >= 0;)
        {
            json = json[next..];
            if (json[1] != 'u')
            {
                json = json[2..];
                continue;
            }

            var unit = UnitOf(json);
            var isPair = char.IsHighSurrogate(unit) && json[Escape..].StartsWith("\\u"u8) && char.IsLowSurrogate(UnitOf(json[Escape..]));
            if (char.IsSurrogate(unit) && !isPair)
            {
                "fffd"u8.CopyTo(json[2..]);
            }

            json = json[(isPair ? 2 * Escape : Escape)..];
        }
    }

    private static char UnitOf(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
