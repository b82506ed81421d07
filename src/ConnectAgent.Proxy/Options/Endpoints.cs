using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ConnectAgent.Proxy.Options;

/// <summary>Addresses as flags and registrations write them: <c>host:port</c>, <c>:port</c> or <c>unix:///path</c>.</summary>
internal static class Endpoints
{
    public const string UnixScheme = "unix://";

    /// <summary>Parses one.</summary>
    /// <param name="text">As it was written.</param>
    /// <param name="host">What an empty host means.</param>
    /// <exception cref="ProxyException">It is none.</exception>
    public static EndPoint Parse(string text, string host)
    {
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            return Unix(text[UnixScheme.Length..]);
        }

        var at = text.LastIndexOf(':');
        return int.TryParse(text[(at + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? Of(at > 0 ? text[..at] : host, port)
            : throw new ProxyException($"\"{text}\" is no address: host:port or unix:///path");
    }

    /// <summary>A host and a port; a name that is no IP address is looked up when it is connected to.</summary>
    /// <exception cref="ProxyException">A port that is none.</exception>
    public static EndPoint Of(string host, int port)
    {
        if (port is < 0 or > IPEndPoint.MaxPort)
        {
            throw new ProxyException($"{port.ToString(CultureInfo.InvariantCulture)} is no port");
        }

        return host == "localhost" ? new IPEndPoint(IPAddress.Loopback, port)
            : IPAddress.TryParse(host.Trim('[', ']'), out var address) ? new IPEndPoint(address, port)
            : new DnsEndPoint(host, port);
    }

    public static EndPoint Unix(string path) => new UnixDomainSocketEndPoint(path);

    /// <summary>As it is shown and written to the log.</summary>
    public static string Show(EndPoint endpoint) => endpoint switch
    {
        DnsEndPoint name => $"{name.Host}:{name.Port.ToString(CultureInfo.InvariantCulture)}",
        UnixDomainSocketEndPoint unix => UnixScheme + unix,
        _ => endpoint.ToString()!,
    };
}
