using System.Buffers;
using System.Buffers.Binary;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>Serial numbers as people and programs write them (certificates CERT-53). All that read or compare a serial do so here.</summary>
public static class SerialNumber
{
    // RFC 5280 section 4.1.2.2: of a positive number, without the zero that keeps it positive.
    [Limit("serial.octets", "bytes", "cannot be read")]
    private const int MostOctets = 20;

    // Those of openssl, of UUIDs, and of Windows.
    private static readonly SearchValues<char> Separators = SearchValues.Create(":- ");

    /// <summary>Brings a serial into the form of CERT-53: lower-case hex octets joined by colons, without leading zeros.</summary>
    /// <param name="text">
    /// Hex digits, or octets of one or two of them with one colon, dash or blank between each; in any letter case, with zeros or <c>0x</c> in front and white
    /// space around.
    /// </param>
    /// <param name="normal">Empty when the text is no serial: nobody knows which certificate is meant.</param>
    public static bool TryNormalize(ReadOnlySpan<char> text, out string normal)
    {
        Span<byte> octets = stackalloc byte[MostOctets];
        var isSerial = TryRead(text, octets, out var length);
        normal = isSerial ? ColonHex.FormatSerial(octets[..length]) : string.Empty;
        return isSerial;
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

    /// <summary>The number that a serial stands for.</summary>
    /// <returns>False for what is no serial, and above 64 bits: no counter of a control plane gave such a one (CERT-48).</returns>
    public static bool TryCount(ReadOnlySpan<char> text, out ulong number)
    {
        Span<byte> octets = stackalloc byte[MostOctets];
        number = 0;
        if (!TryRead(text, octets, out var length) || length > sizeof(ulong))
        {
            return false;
        }

        foreach (var octet in octets[..length])
        {
            number = (number << 8) | octet;
        }

        return true;
    }

    /// <summary>The number below which serials are revoked. What cannot be read leaves no certificate out.</summary>
    public static ulong Boundary(string? text) => TryCount(text, out var number) ? number : ulong.MaxValue;

    /// <summary>A counter's value in the form of CERT-53.</summary>
    public static string Format(ulong number)
    {
        Span<byte> octets = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(octets, number);
        return ColonHex.FormatSerial(octets);
    }

    // The octets from the first that is not zero on; none is the number zero.
    private static bool TryRead(ReadOnlySpan<char> text, Span<byte> octets, out int length)
    {
        length = 0;
        text = text.Trim();
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            text = text[2..];
        }

        if (text.IsEmpty)
        {
            return false;
        }

        // Without separators an odd count is a number without its first zero.
        var isJoined = text.ContainsAny(Separators);
        var digits = isJoined ? LengthOfOctet(text) : 2 - (text.Length % 2);
        while (true)
        {
            if (digits is not (1 or 2) || !TryOctet(text[..digits], out var octet))
            {
                return false;
            }

            if (octet > 0 || length > 0)
            {
                if (length == octets.Length)
                {
                    return false;
                }

                octets[length++] = octet;
            }

            text = text[digits..];
            if (text.IsEmpty)
            {
                return true;
            }

            text = isJoined ? text[1..] : text;
            digits = isJoined ? LengthOfOctet(text) : 2;
        }
    }

    private static int LengthOfOctet(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAny(Separators);
        return end < 0 ? text.Length : end;
    }

    // By hand: .NET takes zero characters behind a number for nothing.
    private static bool TryOctet(ReadOnlySpan<char> digits, out byte octet)
    {
        octet = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit))
            {
                return false;
            }

            octet = (byte)((octet << 4) | (char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10));
        }

        return true;
    }
}
