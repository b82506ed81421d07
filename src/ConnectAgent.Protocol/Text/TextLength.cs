using System.Text;

namespace ConnectAgent.Protocol.Text;

/// <summary>Compares texts with bounds in bytes.</summary>
public static class TextLength
{
    // UTF-8 of one UTF-16 unit.
    private const int BytesOfUnit = 3;

    /// <summary>Whether a text has more bytes than a bound; counts them only where the number of characters does not tell.</summary>
    public static bool Exceeds(ReadOnlySpan<char> text, int bytes) =>
        text.Length > bytes || (text.Length > bytes / BytesOfUnit && Encoding.UTF8.GetByteCount(text) > bytes);
}
