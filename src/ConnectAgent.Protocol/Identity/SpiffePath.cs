using System.Globalization;
using System.Text;

namespace ConnectAgent.Protocol.Identity;

/// <summary>A SPIFFE ID's path: what its segments may be, and their percent-escaping (certificates CERT-20).</summary>
public static class SpiffePath
{
    private const string Kept = "-_.~$&+,/:;=@";

    /// <summary>Escapes a whole path: every byte of its UTF-8 text that CERT-20 does not keep becomes <c>%XX</c>.</summary>
    public static string Escape(string path)
    {
        if (path.All(IsKept))
        {
            return path;
        }

        var escaped = new StringBuilder(path.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(path))
        {
            if (octet < 0x80 && IsKept((char)octet))
            {
                escaped.Append((char)octet);
            }
            else
            {
                escaped.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
            }
        }

        return escaped.ToString();
    }

    /// <summary>
    /// Whether a name may be a segment of a path: not empty, not <c>.</c> or <c>..</c>, which others take for steps (SPIFFE-ID section 2.2), no
    /// control characters, and text that has a UTF-8 form.
    /// </summary>
    /// <param name="name">Not escaped.</param>
    public static bool IsSegment(ReadOnlySpan<char> name)
    {
        if (name is "" or "." or "..")
        {
            return false;
        }

        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(name, out var rune, out var taken) != System.Buffers.OperationStatus.Done || Rune.IsControl(rune))
            {
                return false;
            }

            name = name[taken..];
        }

        return true;
    }

    /// <summary>Decodes <c>%XX</c> escapes; <c>+</c> stays itself.</summary>
    /// <returns>False for a bad escape, or for bytes that are no UTF-8 (such a name could pass for another one, so it is refused).</returns>
    public static bool TryUnescape(ReadOnlySpan<char> text, out string decoded)
    {
        decoded = string.Empty;
        if (!text.Contains('%'))
        {
            decoded = text.ToString();
            return true;
        }

        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        while (!text.IsEmpty)
        {
            var next = text.IndexOf('%');
            if (next != 0)
            {
                var plain = next < 0 ? text : text[..next];
                length += Encoding.UTF8.GetBytes(plain, bytes.AsSpan(length));
                text = text[plain.Length..];
                continue;
            }

            if (!IsEscape(text))
            {
                return false;
            }

            bytes[length++] = byte.Parse(text.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            text = text[3..];
        }

        if (!System.Text.Unicode.Utf8.IsValid(bytes.AsSpan(0, length)))
        {
            return false;
        }

        decoded = Encoding.UTF8.GetString(bytes, 0, length);
        return true;
    }

    internal static bool IsEscape(ReadOnlySpan<char> text) =>
        text.Length >= 3 && text[0] == '%' && char.IsAsciiHexDigit(text[1]) && char.IsAsciiHexDigit(text[2]);

    private static bool IsKept(char c) => char.IsAsciiLetterOrDigit(c) || Kept.Contains(c, StringComparison.Ordinal);
}
