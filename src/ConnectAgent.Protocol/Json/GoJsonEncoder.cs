using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace ConnectAgent.Protocol.Json;

/// <summary>
/// Escapes as the reference does (http-conventions JSON-1): <c>&lt; &gt; &amp;</c> and the two Unicode line ends as <c>\u00xx</c> in lower
/// case, quotes, backslash and control characters; all other text stays raw UTF-8.
/// </summary>
public sealed class GoJsonEncoder : JavaScriptEncoder
{
    // All of them are bytes of their own in UTF-8, so both forms of a text find the same.
    private static readonly SearchValues<char> PlainCharacters = SearchValues.Create(PlainOnes());
    private static readonly SearchValues<byte> PlainBytes = SearchValues.Create(Encoding.ASCII.GetBytes(PlainOnes()));

    public static GoJsonEncoder Instance { get; } = new();

    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var first = new ReadOnlySpan<char>(text, textLength).IndexOfAnyExcept(PlainCharacters);
        for (var i = first; i >= 0 && i < textLength; i++)
        {
            // A surrogate is looked at as part of its scalar, and a lone one is replaced by the writer.
            if (WillEncode(text[i]) || char.IsSurrogate(text[i]))
            {
                return i;
            }
        }

        return -1;
    }

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
    {
        var first = utf8Text.IndexOfAnyExcept(PlainBytes);
        var found = first < 0 ? -1 : base.FindFirstCharacterToEncodeUtf8(utf8Text[first..]);
        return found < 0 ? -1 : first + found;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var output = new Span<char>(buffer, bufferLength);
        if (!WillEncode(unicodeScalar))
        {
            return new Rune(unicodeScalar).TryEncodeToUtf16(output, out numberOfCharactersWritten);
        }

        var escaped = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => "\\u" + unicodeScalar.ToString("x4", CultureInfo.InvariantCulture),
        };
        numberOfCharactersWritten = escaped.TryCopyTo(output) ? escaped.Length : 0;
        return numberOfCharactersWritten > 0;
    }

    public override bool WillEncode(int unicodeScalar) => IsEscaped(unicodeScalar);

    private static bool IsEscaped(int unicodeScalar) =>
        unicodeScalar is < ' ' or '"' or '\\' or '<' or '>' or '&' or 0x2028 or 0x2029;

    private static string PlainOnes() =>
        string.Concat(Enumerable.Range(' ', 0x7f - ' ').Select(static value => (char)value).Where(static character => !IsEscaped(character)));
}
