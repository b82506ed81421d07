using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>The <c>ports</c> block, and what listens on it (config-and-cli section 2).</summary>
internal static class PortSettings
{
    /// <summary>The ports as configured, over the defaults; −1 is off.</summary>
    /// <exception cref="ConfigurationException">With the text of the reference.</exception>
    public static Dictionary<string, int> Of(ConfigValues values, bool devMode)
    {
        Dictionary<string, int> ports = new(StringComparer.Ordinal)
        {
            ["http"] = 8500,
            ["https"] = -1,
            ["grpc"] = devMode ? 8502 : -1,
            ["grpc_tls"] = -1,
            ["dns"] = 8600,
            ["server"] = 8300,
            ["serf_lan"] = 8301,
            ["serf_wan"] = 8302,
            ["proxy_min_port"] = 20000,
            ["proxy_max_port"] = 20255,
            ["sidecar_min_port"] = 21000,
            ["sidecar_max_port"] = 21255,
            ["expose_min_port"] = 21500,
            ["expose_max_port"] = 21755,
        };
        foreach (var (name, port) in values.Ports)
        {
            Require(port <= 65535, $"ports.{name}: invalid port: {port}");
            ports[name] = port <= 0 ? -1 : port;
        }

        foreach (var range in new[] { "proxy", "sidecar", "expose" })
        {
            Require(
                ports[range + "_min_port"] <= ports[range + "_max_port"],
                $"{range}_min_port must be less than {range}_max_port. To disable, set both to zero.");
        }

        return ports;
    }

    /// <summary>Where HTTPS is served. A port without a certificate must not prevent the start (clients LAUNCH-3).</summary>
    /// <exception cref="ConfigurationException">An address is no address, or HTTP has it.</exception>
    public static List<TcpListenAddress> HttpsOf(ConfigValues values, string client, int port, IReadOnlyList<ListenAddress> http)
    {
        var list = values.HttpsAddress is { Length: > 0 } https ? https : client;
        var addresses = ListenAddress.ParseAll("addresses.https", list, port).OfType<TcpListenAddress>().ToList();
        foreach (var both in addresses.Intersect(http.OfType<TcpListenAddress>()))
        {
            throw new ConfigurationException($"HTTPS address {both} already configured for HTTP");
        }

        return TlsSettings.HasCertificate(values) ? addresses : [];
    }
}
