using System.Net;

namespace ConnectAgent.Configuration;

/// <summary>Where to listen: an address with a port, or a Unix socket (http-conventions LIS-1, LIS-2).</summary>
internal abstract record ListenAddress
{
    private const string UnixScheme = "unix://";

    /// <summary>Parses a space-separated list of IP addresses and <c>unix://PATH</c>, or a template that stands for it. A port of −1 turns the IP addresses off.</summary>
    /// <exception cref="ConfigurationException">For a host name or anything else.</exception>
    public static IReadOnlyList<ListenAddress> ParseAll(string key, string list, int port)
    {
        List<ListenAddress> addresses = [];
        foreach (var text in AddressTemplate.Resolve(key, list).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
            {
                addresses.Add(new UnixListenAddress(text[UnixScheme.Length..]));
            }
            else if (!IPAddress.TryParse(text, out var address))
            {
                throw new ConfigurationException(ConfigurationException.List([$"{key}: invalid ip address: {text}"]));
            }
            else if (port > 0)
            {
                addresses.Add(new TcpListenAddress(address, port));
            }
        }

        return addresses;
    }
}

internal sealed record TcpListenAddress(IPAddress Address, int Port) : ListenAddress
{
    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}

internal sealed record UnixListenAddress(string Path) : ListenAddress
{
    public override string ToString() => "unix://" + Path;
}
