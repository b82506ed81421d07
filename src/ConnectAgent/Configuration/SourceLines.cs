using System.Runtime.InteropServices;
using System.Text.Json;

namespace ConnectAgent.Configuration;

/// <summary>Finds the line of a file that a decoded value came from: the decoder has the value, and this what the file's bytes say of its place.</summary>
/// <param name="json">What the document was parsed from, and still points into.</param>
/// <param name="lines">Offsets in it, ascending, and the line of the file from each on.</param>
internal sealed class SourceLines(ReadOnlyMemory<byte> json, IReadOnlyList<(long Offset, int Line)> lines)
{
    /// <summary>Of a file that is JSON itself.</summary>
    public static SourceLines OfJson(ReadOnlyMemory<byte> json)
    {
        List<(long Offset, int Line)> lines = [(0, 1)];
        for (var at = 0; json.Span[at..].IndexOf((byte)'\n') is >= 0 and var next;)
        {
            at += next + 1;
            lines.Add((at, lines.Count + 1));
        }

        return new SourceLines(json, lines);
    }

    /// <summary>The line of a value's key, of an element itself; 0 where it is not known.</summary>
    public int LineOf(JsonElement value)
    {
        var bytes = json.Span;
        if (!bytes.Overlaps(JsonMarshal.GetRawUtf8Value(value), out var offset))
        {
            return 0;
        }

        // Back over the colon to the end of the key: the value may stand on a line of its own.
        var before = bytes[..offset].TrimEnd(" \t\r\n"u8);
        if (before.EndsWith(":"u8))
        {
            offset = before[..^1].TrimEnd(" \t\r\n"u8).Length;
        }

        var (low, high) = (0, lines.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = lines[middle].Offset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? 0 : lines[low - 1].Line;
    }
}
