using ConnectAgent.Protocol.Text;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Keys without effect whose values are checked all the same, with the reference's texts (config-and-cli section 2).</summary>
internal static class InertKeys
{
    public static readonly KeyTable Table = new KeyTable()
        .Inert(
            ConfigTypes.Text,
            ("domain", "domain"), ("alt_domain", "alt-domain"), ("segment", "segment"), ("encrypt", "encrypt"), ("advertise_addr_wan", "advertise-wan"),
            ("serf_lan", "serf-lan-bind"), ("serf_wan", "serf-wan-bind"), ("ui_config.dir", "ui-dir"), ("ui_config.content_path", "ui-content-path"))
        .Inert(
            ConfigTypes.Flag,
            ("ui_config.enabled", "ui"), ("disable_host_node_id", "disable-host-node-id"), ("disable_keyring_file", "disable-keyring-file"),
            ("rejoin_after_leave", "rejoin"), ("read_replica", "read-replica"), ("non_voting_server", "non-voting-server"))
        .Inert(ConfigTypes.Number, ("protocol", "protocol"), ("retry_max", "retry-max"), ("retry_max_wan", "retry-max-wan"))
        .Inert(
            ConfigTypes.List,
            ("recursors", "recursor"), ("retry_join_wan", "retry-join-wan"), ("start_join_wan", "join-wan"), ("primary_gateways", "primary-gateway"),
            ("serf_allowed_cidrs_lan", "serf-lan-allowed-cidrs"), ("serf_allowed_cidrs_wan", "serf-wan-allowed-cidrs"));

    public static readonly ConfigKey<bool> MeshGatewayFederation = Flag("connect.enable_mesh_gateway_wan_federation");

    /// <summary>What agents that gossip join; it tells where servers may be.</summary>
    private static readonly ConfigKey<List<string>> RetryJoin = Table.Other<List<string>>("retry_join", ConfigTypes.List, [], effect: KeyEffect.None, shape: ValueShape.List)
        .WithFlag("retry-join", AgentKeys.InertFlag);

    /// <inheritdoc cref="RetryJoin"/>
    private static readonly ConfigKey<List<string>> StartJoin = Table.Other<List<string>>("start_join", ConfigTypes.List, [], effect: KeyEffect.None, shape: ValueShape.List)
        .WithFlag("join", AgentKeys.InertFlag);

    private static readonly ConfigKey<bool> AutoEncryptClient = Flag("auto_encrypt.tls");

    private static readonly ConfigKey<string?> MetricsProvider = Table.Bound(
        "ui_config.metrics_provider", static (key, text) => string.IsNullOrEmpty(text) ? text : DatacenterName(key, text), KeyEffect.None);

    private static readonly ConfigKey<TimeSpan>[] Durations =
    [
        Table.Duration("retry_interval", TimeSpan.Zero, KeyEffect.None).WithFlag("retry-interval", AgentKeys.InertFlag),
        Table.Duration("retry_interval_wan", TimeSpan.Zero, KeyEffect.None).WithFlag("retry-interval-wan", AgentKeys.InertFlag),
        .. new[]
        {
            "raft_snapshot_interval", "primary_gateways_interval", "reconnect_timeout", "reconnect_timeout_wan", "session_ttl_min", "advertise_reconnect_timeout", "performance.leave_drain_time", "performance.rpc_hold_timeout",
            "limits.rpc_handshake_timeout",
        }.Select(static name => Table.Duration(name, TimeSpan.Zero, KeyEffect.None)),
    ];

    /// <summary>Checks what was said.</summary>
    /// <exception cref="ConfigurationException">With the reference's text.</exception>
    public static void Check(ConfigValues values, bool server)
    {
        _ = values.Of(MetricsProvider);
        foreach (var duration in Durations)
        {
            _ = values.Of(duration);
        }

        var raft = values.Of(NodeKeys.RaftProtocol) ?? 0;
        Require(raft is 0 or 3, $"raft_protocol version {raft} is not supported by this version of Consul");
        Require(!server || !values.Of(AutoEncryptClient), "auto_encrypt.tls can only be used on a client.");
        Require(server || !values.Of(ConnectKeys.AutoEncryptServer), "auto_encrypt.allow_tls can only be used on a server.");
    }

    /// <summary>The servers that a configuration for gossip names: plain addresses, on the port of HTTP.</summary>
    public static IReadOnlyList<string> LikelyServers(ConfigValues values) =>
    [
        .. values.Of(RetryJoin).Concat(values.Of(StartJoin)).Where(static text => Uri.CheckHostName(HostOf(text)) != UriHostNameType.Unknown)
            .Select(static text => "http://" + IpLiteral.WithPort(HostOf(text), 8500)).Distinct(StringComparer.Ordinal),
    ];

    // Without the port, which is that of the gossip.
    private static string HostOf(string text) => System.Net.IPEndPoint.TryParse(text, out var address)
        ? address.Address.ToString()
        : text.LastIndexOf(':') is > 0 and var at && text[(at + 1)..].All(char.IsAsciiDigit) ? text[..at] : text;

    private static ConfigKey<bool> Flag(string name) => Table.Other(name, ConfigTypes.Flag, fallback: false, effect: KeyEffect.None);
}
