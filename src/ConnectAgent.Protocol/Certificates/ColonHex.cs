namespace ConnectAgent.Protocol.Certificates;

/// <summary>Lower-case hex octets joined by colons: fingerprints, key identifiers, serials (CERT-50 to CERT-53).</summary>
public static class ColonHex
{
    // A certificate of somebody else's decides how long: never on the stack.
    public static string Format(ReadOnlySpan<byte> octets) =>
        octets.IsEmpty ? string.Empty : string.Create((octets.Length * 3) - 1, octets, static (text, octets) =>
        {
            text.Fill(':');
            for (var i = 0; i < octets.Length; i++)
            {
                text[i * 3] = Digit(octets[i] >> 4);
                text[(i * 3) + 1] = Digit(octets[i] & 0xf);
            }
        });

    /// <summary>A serial number's minimal big-endian form, at least one octet (CERT-53): 8 is <c>08</c>, 300 is <c>01:2c</c>.</summary>
    public static string FormatSerial(ReadOnlySpan<byte> bigEndian)
    {
        var start = bigEndian.IndexOfAnyExcept((byte)0);
        return Format(start < 0 ? [0] : bigEndian[start..]);
    }

    private static char Digit(int value) => "0123456789abcdef"[value];
}
