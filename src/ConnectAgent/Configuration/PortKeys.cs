using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>The <c>ports</c> block, and what listens on it (config-and-cli section 2).</summary>
internal static class PortKeys
{
    private const string Reported = "Reported; nothing listens there.";

    public static readonly KeyTable Table = new("ports.");

    // What servers of ours report counts as acted on (clients LAUNCH-3); a port where somebody would call and nobody
    // answers does not.
    private static readonly Dictionary<string, (ConfigKey<int?> Key, int Default)> Ports = new(StringComparer.Ordinal)
    {
        ["http"] = (Table.Number("http").WithFlag("http-port", "The port of HTTP; -1 turns it off."), 8500),
        ["https"] = (Table.Number("https").WithFlag("https-port", "The port of HTTPS; -1 turns it off."), -1),
        ["grpc"] = (Table.Number("grpc", KeyEffect.None).WithFlag("grpc-port", AgentKeys.InertFlag), -1),
        ["grpc_tls"] = (Table.Number("grpc_tls", KeyEffect.None).WithFlag("grpc-tls-port", AgentKeys.InertFlag), -1),
        ["dns"] = (Table.Number("dns", KeyEffect.None).WithFlag("dns-port", AgentKeys.InertFlag), 8600),
        ["server"] = (Table.Number("server").WithFlag("server-port", Reported), 8300),
        ["serf_lan"] = (Table.Number("serf_lan").WithFlag("serf-lan-port", Reported), 8301),
        ["serf_wan"] = (Table.Number("serf_wan").WithFlag("serf-wan-port", Reported), 8302),
        ["proxy_min_port"] = (Table.Number("proxy_min_port", KeyEffect.None), 20000),
        ["proxy_max_port"] = (Table.Number("proxy_max_port", KeyEffect.None), 20255),
        ["sidecar_min_port"] = (Table.Number("sidecar_min_port"), 21000),
        ["sidecar_max_port"] = (Table.Number("sidecar_max_port"), 21255),
        ["expose_min_port"] = (Table.Number("expose_min_port", KeyEffect.None), 21500),
        ["expose_max_port"] = (Table.Number("expose_max_port", KeyEffect.None), 21755),
    };

    /// <summary>The key of a port.</summary>
    public static ConfigKey<int?> KeyOf(string name) => Ports[name].Key;

    /// <summary>The ports as configured, over the defaults; −1 is off.</summary>
    /// <exception cref="ConfigurationException">With the text of the reference.</exception>
    public static Dictionary<string, int> Of(ConfigValues values, bool devMode)
    {
        Dictionary<string, int> ports = new(StringComparer.Ordinal);
        foreach (var (name, (key, fallback)) in Ports)
        {
            var port = values.Of(key) ?? (devMode && name == "grpc" ? 8502 : fallback);
            RequireListed(port <= 65535, $"{key.Path}: invalid port: {port}");
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
        var list = values.Of(HttpKeys.HttpsAddress) is { Length: > 0 } https ? https : client;
        var addresses = ListenAddress.ParseAll(HttpKeys.HttpsAddress.Path, list, port).OfType<TcpListenAddress>().ToList();
        foreach (var both in addresses.Intersect(http.OfType<TcpListenAddress>()))
        {
            throw new ConfigurationException($"HTTPS address {both} already configured for HTTP");
        }

        return TlsSettings.HasCertificate(values) ? addresses : [];
    }
}
