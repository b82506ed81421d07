using System.Text;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>The beginning of an output, and how long all of it was (services CHK-2).</summary>
/// <param name="most">Bytes that are kept.</param>
internal sealed class BoundedOutput(int most)
{
    private byte[] _kept = [];
    private int _length;

    /// <summary>Bytes that have come.</summary>
    public long Total { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Total += bytes.Length;
        var taken = bytes[..Math.Min(bytes.Length, most - _length)];
        if (_length + taken.Length > _kept.Length)
        {
            Array.Resize(ref _kept, Math.Min(most, Math.Max(_length + taken.Length, 2 * _kept.Length)));
        }

        taken.CopyTo(_kept.AsSpan(_length));
        _length += taken.Length;
    }

    /// <summary>The text.</summary>
    /// <param name="total">How long all would have been, when not all was read; negative when nobody knows.</param>
    public string ToText(long? total = null)
    {
        var all = total ?? Total;
        if (all >= 0 && all <= _length)
        {
            return Encoding.UTF8.GetString(_kept.AsSpan(0, _length));
        }

        var whole = WholeCharacters(_kept.AsSpan(0, _length));
        return $"{Encoding.UTF8.GetString(whole)} ... (captured {whole.Length} of {(all < 0 ? "more" : all)} bytes)";
    }

    /// <summary>Bounds a text that is there.</summary>
    public static string Bound(string text, int most)
    {
        // No character takes more than three bytes for each of its UTF-16 units.
        if (text.Length <= most / 3 || Encoding.UTF8.GetByteCount(text) <= most)
        {
            return text;
        }

        var output = new BoundedOutput(most);
        output.Add(Encoding.UTF8.GetBytes(text));
        return output.ToText();
    }

    // A character that is cut in two would show as another one.
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            if (Rune.DecodeFromUtf8(bytes[^back..], out _, out _) == System.Buffers.OperationStatus.NeedMoreData)
            {
                return bytes[..^back];
            }
        }

        return bytes;
    }
}
