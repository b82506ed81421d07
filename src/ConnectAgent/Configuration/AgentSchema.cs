using ConnectAgent.Http.Wire;

namespace ConnectAgent.Configuration;

/// <summary>Every key that the agent accepts (config-and-cli section 2, clients LAUNCH-2).</summary>
internal static class AgentSchema
{
    public static ConfigSchema Root { get; } = Identity(new ConfigSchema())
        .Object("ports", Ports())
        .Object("addresses", new ConfigSchema()
            .Text("http", (values, text) => values.HttpAddress = text)
            .Text("https", (values, text) => values.HttpsAddress = text)
            .Inert(ConfigType.Text, "grpc", "grpc_tls", "dns"))
        .Object("unix_sockets", new ConfigSchema()
            .Text("mode", (values, text) => values.SocketMode = text)
            .Guards(ConfigType.Text, "user", "group"))
        .Object("http_config", new ConfigSchema()
            .Map("response_headers", values => values.ResponseHeaders)
            .Flag("use_cache", (values, flag) => values.UseCache = flag)
            .List("block_endpoints", values => values.BlockEndpoints)
            .List("allow_write_http_from", values => values.AllowWriteHttpFrom)
            .Number("max_header_bytes", (values, number) => values.MaxHeaderBytes = number))
        .Object("limits", new ConfigSchema()
            .Text("https_handshake_timeout", (values, text) => values.HandshakeTimeout = text)
            .Number("http_max_conns_per_client", (values, number) => values.MaxConnectionsPerClient = number)
            .Inert(ConfigType.Text, "rpc_handshake_timeout")
            .Inert(ConfigType.Real, "rpc_rate")
            .Inert(ConfigType.Number, "rpc_max_burst", "rpc_max_conns_per_client", "kv_max_value_size", "txn_max_req_len")
            .InertObject("request_limits", new ConfigSchema().Inert(ConfigType.Text, "mode").Inert(ConfigType.Real, "read_rate", "write_rate")))
        .Object("cache", new ConfigSchema()
            .Real("entry_fetch_rate", (values, number) => values.EntryFetchRate = number)
            .Number("entry_fetch_max_burst", (values, number) => values.EntryFetchMaxBurst = number))
        .Object("connect", new ConfigSchema()
            .Flag("enabled", (values, flag) => values.ConnectEnabled = flag)
            .Flag("authorize_strict", (values, flag) => values.AuthorizeStrict = flag)
            .List("authorize_datacenters", values => values.AuthorizeDatacenters)
            .Flag("authorize_normalize_paths", (values, flag) => values.AuthorizeNormalizePaths = flag)
            .Flag("authorize_each_header", (values, flag) => values.AuthorizeEachHeader = flag)
            .Text("authorize_path_parameters", (values, text) => values.AuthorizePathParameters = text)
            .Text("ca_provider", (values, text) => values.CaProvider = text)
            .Object("ca_config", AuthorityConfig())
            .Text("test_ca_leaf_root_change_spread", (values, text) => values.RootChangeSpread = text)
            .Inert(ConfigType.Flag, "enable_mesh_gateway_wan_federation", "enable_serverless_plugin"))
        .Object("acl", AclSettings.Schema)
        .Object("tls", TlsSettings.Schema)
        .Object("config_entries", new ConfigSchema().Documents("bootstrap", (values, json) => values.BootstrapEntries.AddRange(
            json.EnumerateArray().Select(entry => entry.GetRawText()))))
        .Object("connect_agent", new ConfigSchema()
            .Flag("check_host", (values, flag) => values.CheckHost = flag)
            .List("allowed_hosts", values => values.AllowedHosts)
            .List("servers", values => values.Servers)
            .Text("server_timeout", (values, text) => values.ServerTimeout = text)
            .Text("server_ca_file", (values, text) => values.ServerAuthorityFile = text)
            .Text("server_cert_file", (values, text) => values.ServerCertificateFile = text)
            .Text("server_key_file", (values, text) => values.ServerKeyFile = text)
            .Text("server_name", (values, text) => values.ServerTlsName = text)
            .Flag("delegate_leaf", (values, flag) => values.DelegateLeaf = flag)
            .Flag("show_ca_secrets", (values, flag) => values.ShowCaSecrets = flag)
            .Flag("acl_strict_rules", (values, flag) => values.AclStrictRules = flag)
            .Flag("ca_auto_rotate", (values, flag) => values.CaAutoRotate = flag)
            .Number("cache_max_entries", (values, number) => values.CacheMaxEntries = number)
            .Number("cache_max_entries_per_token", (values, number) => values.CacheMaxEntriesPerToken = number)
            .Number("cache_max_bytes", (values, number) => values.CacheMaxBytes = number)
            .Number("cache_max_bytes_per_token", (values, number) => values.CacheMaxBytesPerToken = number))
        .Object("agent", new ConfigSchema().Flag("cache_persistence", (values, flag) => values.CachePersistence = flag))
        .Object("telemetry", InertSchemas.Telemetry()
            .Text("prometheus_retention_time", (values, text) => values.PrometheusRetention = text)
            .Text("otlp_endpoint", (values, text) => values.OtlpEndpoint = text))
        .Object("performance", new ConfigSchema()
            .Number("raft_multiplier", (values, number) => values.RaftMultiplier = number, KeyEffect.None)
            .Inert(ConfigType.Text, "leave_drain_time", "rpc_hold_timeout"));

    private static ConfigSchema Identity(ConfigSchema schema) => schema
        .Text("node_name", (values, text) => values.NodeName = text)
        .Text("node_id", (values, text) => values.NodeId = text)
        .Map("node_meta", values => values.NodeMeta)
        .Text("datacenter", (values, text) => values.Datacenter = text)
        .Text("primary_datacenter", (values, text) => values.PrimaryDatacenter = text)
        .Flag("server", (values, flag) => values.Server = flag)
        .Flag("bootstrap", (values, flag) => values.Bootstrap = flag)
        .Number("bootstrap_expect", (values, number) => values.BootstrapExpect = number)
        .Text("data_dir", (values, text) => values.DataDirectory = text)
        .Text("bind_addr", (values, text) => values.BindAddress = text)
        .Text("advertise_addr", (values, text) => values.AdvertiseAddress = text)
        .Text("client_addr", (values, text) => values.ClientAddress = text)
        .Text("default_intention_policy", (values, text) => values.DefaultIntentionPolicy = text)
        .Text("default_query_time", (values, text) => values.DefaultQueryTime = text)
        .Text("max_query_time", (values, text) => values.MaxQueryTime = text)
        .Text("log_level", (values, text) => values.LogLevel = text)
        .Flag("log_json", (values, flag) => values.LogJson = flag)
        .Text("pid_file", (values, text) => values.PidFile = text)
        .Flag("skip_leave_on_interrupt", (values, flag) => values.SkipLeaveOnInterrupt = flag)
        .Flag("enable_debug", (values, flag) => values.EnableDebug = flag)
        .Flag("disable_http_unprintable_char_filter", (values, flag) => values.DisableUnprintableFilter = flag)
        .TopLevelTls()
        .Deprecated()
        .Inert(ConfigType.Text, "domain", "alt_domain", "segment", "advertise_addr_wan", "advertise_addr_ipv4")
        .Inert(ConfigType.Text, "advertise_addr_ipv6", "advertise_addr_wan_ipv4", "advertise_addr_wan_ipv6", "discovery_max_stale")
        .Inert(ConfigType.Text, "log_file", "syslog_facility", "log_rotate_duration", "check_update_interval", "encrypt", "server_name")
        .Inert(ConfigType.Text, "serf_lan", "serf_wan", "serf_lan_bind", "serf_wan_bind", "raft_snapshot_interval", "primary_gateways_interval")
        .Inert(ConfigType.Text, "retry_interval", "retry_interval_wan", "reconnect_timeout", "reconnect_timeout_wan", "session_ttl_min")
        .Inert(ConfigType.Text, "ui_dir", "ui_content_path", "license_path", "partition", "version", "advertise_reconnect_timeout")
        .Inert(ConfigType.Flag, "disable_host_node_id", "leave_on_terminate")
        .Inert(ConfigType.Flag, "use_streaming_backend", "translate_wan_addrs", "enable_central_service_config")
        .Inert(ConfigType.Flag, "enable_agent_tls_for_checks", "enable_script_checks")
        .Inert(ConfigType.Flag, "enable_local_script_checks", "discard_check_output", "enable_syslog", "disable_keyring_file")
        .Inert(ConfigType.Flag, "rejoin_after_leave", "disable_update_check", "disable_anonymous_signature", "disable_remote_exec")
        .Inert(ConfigType.Flag, "disable_coordinates", "ui", "encrypt_verify_incoming", "encrypt_verify_outgoing")
        .Inert(ConfigType.Number, "check_output_max_size", "log_rotate_bytes", "log_rotate_max_files", "raft_protocol", "protocol", "retry_max")
        .Inert(ConfigType.Number, "retry_max_wan", "raft_snapshot_threshold", "raft_trailing_logs")
        .Inert(ConfigType.List, "recursors", "retry_join", "retry_join_wan", "start_join", "start_join_wan", "experiments")
        .Inert(ConfigType.List, "primary_gateways", "serf_allowed_cidrs_lan", "serf_allowed_cidrs_wan")
        .Inert(ConfigType.Map, "tagged_addresses")
        .Inert(ConfigType.AnyObjects, "watches")
        .InertObject("service", DefinitionSchemas.Service)
        .InertObjects("services", DefinitionSchemas.Service)
        .InertObject("check", DefinitionSchemas.Check)
        .InertObjects("checks", DefinitionSchemas.Check)
        .InertParts();

    // The map goes to the provider as it is, so any name is accepted; those that mean something are listed in docs/configuration.md.
    private static ConfigSchema AuthorityConfig()
    {
        var schema = new ConfigSchema().Text(
            CaConfigValues.ClusterId,
            (values, text) => values.CaConfig[CaConfigValues.ClusterId] = System.Text.Json.JsonSerializer.SerializeToElement(text, WireJson.Default.String));
        foreach (var name in CaConfigValues.Names.Keys)
        {
            schema.Json(name, (values, json) => CaConfigValues.Set(values, name, json));
        }

        return schema.Others(CaConfigValues.Set);
    }

    private static ConfigSchema Ports()
    {
        var ports = new ConfigSchema();
        foreach (var name in AgentConfiguration.PortNames)
        {
            ports.Number(name, (values, number) => values.Ports[name] = number, EffectOfPort(name));
        }

        return ports;
    }

    // What servers of ours report counts as acted on (clients LAUNCH-3); a port where somebody would call and nobody answers does not.
    private static KeyEffect EffectOfPort(string name) =>
        name is "http" or "https" or "server" or "serf_lan" or "serf_wan" ? KeyEffect.Acts : KeyEffect.None;
}
