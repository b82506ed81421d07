using System.Net;
using System.Text.RegularExpressions;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Text;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Where and how HTTP is served.</summary>
internal static partial class HttpKeys
{
    public const string ConnectionsLimit = "http.connections_per_client";

    /// <summary>Connections of one client address, HTTP and HTTPS together, unless the configuration says otherwise (http-conventions CONN-1).</summary>
    [Limit(ConnectionsLimit, "connections, 0 is no limit", "refused: 429", Key = "limits.http_max_conns_per_client", Refuses = true)]
    public const int MostConnectionsPerClient = 200;

    public static readonly KeyTable Table = new();

    public static readonly ConfigKey<string?> ClientAddress = Table.Text("client_addr")
        .WithFlag("client", "Where clients are served: IP addresses, separated by spaces.");

    public static readonly ConfigKey<string?> HttpAddress = Table.Text("addresses.http");

    public static readonly ConfigKey<string?> HttpsAddress = Table.Text("addresses.https");

    public static readonly ConfigKey<UnixFileMode> SocketMode = Table.Bound("unix_sockets.mode", SocketModeOf);

    public static readonly ConfigKey<Dictionary<string, string>> ResponseHeaders = Table.Map("http_config.response_headers").Reloaded();

    public static readonly ConfigKey<bool> UseCache = Table.Flag("http_config.use_cache", fallback: true).Reloaded();

    /// <summary>Whether what is in other datacenters is shown under the addresses that it is reached by from here (services CAT-18).</summary>
    public static readonly ConfigKey<bool> TranslateWanAddresses = Table.Flag("translate_wan_addrs", fallback: false);

    /// <summary>Prefixes of request paths that answer 403 (HCFG-1).</summary>
    public static readonly ConfigKey<IReadOnlyList<string>> BlockEndpoints = Table.Texts("http_config.block_endpoints").Reloaded();

    /// <summary>Who may write over TCP; empty: anyone (HCFG-1).</summary>
    public static readonly ConfigKey<IReadOnlyList<IPNetwork>> AllowWriteHttpFrom = Table.Texts("http_config.allow_write_http_from", NetworkOf)
        .WithFlag("allow-write-http-from", "A network, as CIDR, that may write over HTTP; may be repeated.").Reloaded();

    /// <summary>Null: as many as the product takes.</summary>
    public static readonly ConfigKey<int?> HeaderBytes = Table.Number("http_config.max_header_bytes");

    public static readonly ConfigKey<bool> DisableUnprintableFilter = Table.Flag("disable_http_unprintable_char_filter", fallback: false).Reloaded();

    /// <summary>Null: as many as the product takes.</summary>
    public static readonly ConfigKey<int?> ConnectionsPerClient = Table.Number("limits.http_max_conns_per_client").Reloaded();

    /// <summary>Whether <c>Host</c> must be one of ours (http-conventions SEC-2).</summary>
    public static readonly ConfigKey<bool> CheckHost = Table.Flag("connect_agent.check_host", fallback: true).Reloaded();

    /// <summary>Names besides <c>localhost</c> and the listeners' addresses.</summary>
    public static readonly ConfigKey<IReadOnlyList<string>> AllowedHosts = Table.Texts("connect_agent.allowed_hosts").Reloaded();

    /// <summary>0: Prometheus text is refused (services AG-27).</summary>
    public static readonly ConfigKey<TimeSpan> PrometheusRetention = Table.Duration("telemetry.prometheus_retention_time", TimeSpan.Zero);

    /// <summary>Where clients are served, as configured.</summary>
    public static string ClientAddressOf(ConfigValues values) => values.Of(ClientAddress) ?? "127.0.0.1";

    // The mode of Unix sockets, written in octal.
    private static UnixFileMode SocketModeOf(string key, string? octal)
    {
        if (string.IsNullOrEmpty(octal))
        {
            return UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        Require(OctalPattern().IsMatch(octal), $"{key}: {GoQuote.Of(octal)} is no octal file mode");
        return (UnixFileMode)Convert.ToInt32(octal, 8);
    }

    private static IPNetwork NetworkOf(string key, string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new ConfigurationException(ConfigurationException.List([$"{key["http_config.".Length..]}: invalid cidr: {text}"]));

    /// <summary>How HTTP answers, and whom.</summary>
    public static WireOptions Wire(ConfigValues values, bool devMode, string aclPolicy) => new()
    {
        AlwaysPretty = devMode,
        UseCache = values.Of(UseCache),
        TranslatesAddresses = values.Of(TranslateWanAddresses),
        DefaultPolicy = aclPolicy,
        ResponseHeaders = HeadersOf(values.Of(ResponseHeaders)),
        TakesUnprintable = values.Of(DisableUnprintableFilter),
        BlockedPaths = values.Of(BlockEndpoints),
        Writers = values.Of(AllowWriteHttpFrom),
        CheckHost = values.Of(CheckHost),
        AllowedHosts = values.Of(AllowedHosts),
    };

    /// <summary>Whether a header can be sent (RFC 9110 section 5).</summary>
    public static bool CanBeSent(string name, string value) => HeaderNamePattern().IsMatch(name) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    // Headers under their canonical names; what cannot be sent is refused here and not at every request (HCFG-1).
    private static Dictionary<string, string> HeadersOf(Dictionary<string, string> headers)
    {
        Dictionary<string, string> canonical = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers)
        {
            Require(
                CanBeSent(name, value),
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
