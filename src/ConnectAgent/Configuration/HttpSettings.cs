using System.Net;
using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Text;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Values of <c>http_config</c> and <c>unix_sockets</c>.</summary>
internal static partial class HttpSettings
{
    /// <summary>The mode of Unix sockets, written in octal.</summary>
    /// <exception cref="ConfigurationException">It is no mode.</exception>
    public static UnixFileMode SocketModeOf(string? octal)
    {
        if (string.IsNullOrEmpty(octal))
        {
            return UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        Require(OctalPattern().IsMatch(octal), $"unix_sockets.mode: {GoQuote.Of(octal)} is no octal file mode");
        return (UnixFileMode)Convert.ToInt32(octal, 8);
    }

    /// <summary>A network that may write.</summary>
    /// <exception cref="ConfigurationException">It is no network.</exception>
    public static IPNetwork NetworkOf(string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new ConfigurationException($"http_config.allow_write_http_from: invalid cidr: {text}");

    /// <summary>Headers under their canonical names; what cannot be sent is refused here and not at every request (HCFG-1).</summary>
    /// <exception cref="ConfigurationException">It names the header.</exception>
    public static Dictionary<string, string> HeadersOf(Dictionary<string, string> headers)
    {
        Dictionary<string, string> canonical = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers)
        {
            Require(
                HeaderNamePattern().IsMatch(name) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'),
                $"http_config.response_headers: {GoQuote.Of(name)} is no header that can be sent");
            canonical[string.Join('-', name.Split('-').Select(part =>
                part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant()))] = value;
        }

        return canonical;
    }

    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HeaderNamePattern();

    [GeneratedRegex("^[0-7]{3,4}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OctalPattern();
}
