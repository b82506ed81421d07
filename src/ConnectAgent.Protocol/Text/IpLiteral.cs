using System.Globalization;
using System.Net;

namespace ConnectAgent.Protocol.Text;

/// <summary>IP addresses as the reference reads them: four decimal numbers, or IPv6 without a scope; nothing shorter, no other bases.</summary>
public static class IpLiteral
{
    /// <summary>Whether it is an IPv4 address, also one written as IPv6.</summary>
    public static bool IsV4(string text) => text.Contains(':', StringComparison.Ordinal)
        ? TryParseV6(text, out var address) && address.IsIPv4MappedToIPv6
        : IsDotted(text);

    /// <summary>Whether it is an IPv6 address that is no IPv4 address.</summary>
    public static bool IsV6(string text) => TryParseV6(text, out var address) && !address.IsIPv4MappedToIPv6;

    /// <summary>Whether it stands for all addresses of a host (services REG-3).</summary>
    public static bool IsAny(string text) => text is "0.0.0.0" or "::" or "[::]";

    /// <summary>Host and port as one text; IPv6 in brackets.</summary>
    public static string WithPort(string host, int port) =>
        (host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:" : host + ":") + port.ToString(CultureInfo.InvariantCulture);

    private static bool TryParseV6(string text, out IPAddress address)
    {
        address = IPAddress.IPv6None;
        return text.Contains(':', StringComparison.Ordinal) && text.AsSpan().IndexOfAny('[', '%', '/') < 0 && IPAddress.TryParse(text, out address!);
    }

    private static bool IsDotted(string text)
    {
        var parts = 0;
        foreach (var range in text.AsSpan().Split('.'))
        {
            var part = text.AsSpan(range);
            parts++;
            if (part.Length is 0 or > 3 || part.ContainsAnyExceptInRange('0', '9') || (part.Length > 1 && part[0] == '0')
                || int.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture) > byte.MaxValue)
            {
                return false;
            }
        }

        return parts == 4;
    }
}
