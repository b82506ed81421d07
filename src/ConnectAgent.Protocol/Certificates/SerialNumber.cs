using System.Buffers.Binary;
using System.Globalization;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>Serial numbers as people and programs write them (certificates CERT-53).</summary>
public static class SerialNumber
{
    // RFC 5280 section 4.1.2.2; one more for the leading zero that keeps a number positive.
    [Limit("serial.octets", "bytes", "refused", Refuses = true)]
    private const int MostOctets = 21;

    /// <summary>Brings a serial into the form of CERT-53: lower-case hex octets joined by colons, without leading zeros.</summary>
    /// <param name="text">Octets joined by colons, or hex digits alone, in any letter case.</param>
    /// <param name="normal">Empty when the text is no serial.</param>
    public static bool TryNormalize(ReadOnlySpan<char> text, out string normal)
    {
        normal = string.Empty;
        Span<byte> octets = stackalloc byte[MostOctets];
        var length = text.Contains(':') ? ReadOctets(text, octets) : ReadDigits(text, octets);
        if (length == 0)
        {
            return false;
        }

        normal = ColonHex.FormatSerial(octets[..length]);
        return true;
    }

    /// <summary>Whether a text is in the form of CERT-53 already; makes nothing.</summary>
    public static bool IsNormal(ReadOnlySpan<char> text)
    {
        if (text.Length is < 2 or > ((3 * MostOctets) - 1) || text.Length % 3 != 2 || (text.Length > 2 && text is ['0', '0', ..]))
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (i % 3 == 2 ? text[i] != ':' : !char.IsAsciiHexDigitLower(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The number that a serial in the form of CERT-53 stands for.</summary>
    /// <returns>False above 64 bits: no counter of a control plane gave such a serial (CERT-48).</returns>
    public static bool TryCount(string normal, out ulong number) =>
        ulong.TryParse(
            normal.Replace(":", string.Empty, StringComparison.Ordinal), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);

    /// <summary>A counter's value in the form of CERT-53.</summary>
    public static string Format(ulong number)
    {
        Span<byte> octets = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(octets, number);
        return ColonHex.FormatSerial(octets);
    }

    private static int ReadOctets(ReadOnlySpan<char> text, Span<byte> octets)
    {
        var length = 0;
        foreach (var range in text.Split(':'))
        {
            var octet = text[range];
            if (length == octets.Length || octet.Length != 2 || !TryOctet(octet, out octets[length++]))
            {
                return 0;
            }
        }

        return length;
    }

    // An odd count is a number written without its first zero.
    private static int ReadDigits(ReadOnlySpan<char> text, Span<byte> octets)
    {
        var length = 0;
        var first = text.Length % 2;
        if ((text.Length + first) / 2 > octets.Length || (first > 0 && !TryOctet(text[..first], out octets[length++])))
        {
            return 0;
        }

        for (var rest = text[first..]; !rest.IsEmpty; rest = rest[2..])
        {
            if (!TryOctet(rest[..2], out octets[length++]))
            {
                return 0;
            }
        }

        return length;
    }

    private static bool TryOctet(ReadOnlySpan<char> text, out byte octet) =>
        byte.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octet);
}
