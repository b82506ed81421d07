namespace ConnectAgent.Configuration;

/// <summary>Every key that the agent accepts (config-and-cli section 2, clients LAUNCH-2).</summary>
internal static class AgentSchema
{
    public static ConfigSchema Root { get; } = Identity(new ConfigSchema())
        .Object("ports", Ports())
        .Object("addresses", new ConfigSchema()
            .Text("http", (values, text) => values.HttpAddress = text)
            .Text("https", (values, text) => values.HttpsAddress = text)
            .Inert("string", "grpc", "grpc_tls", "dns"))
        .Object("unix_sockets", new ConfigSchema()
            .Text("mode", (values, text) => values.SocketMode = text)
            .Inert("string", "user", "group"))
        .Object("http_config", new ConfigSchema()
            .Map("response_headers", values => values.ResponseHeaders)
            .Flag("use_cache", (values, flag) => values.UseCache = flag)
            .List("block_endpoints", values => values.BlockEndpoints)
            .List("allow_write_http_from", values => values.AllowWriteHttpFrom)
            .Inert("int", "max_header_bytes"))
        .Object("limits", new ConfigSchema()
            .Inert("string", "https_handshake_timeout", "rpc_handshake_timeout")
            .Inert("any", "rpc_rate", "rpc_max_burst", "rpc_max_conns_per_client", "http_max_conns_per_client")
            .Inert("any", "kv_max_value_size", "txn_max_req_len", "request_limits"))
        .Object("cache", new ConfigSchema().Inert("any", "entry_fetch_rate", "entry_fetch_max_burst"))
        .Object("connect", new ConfigSchema()
            .Flag("enabled", (values, flag) => values.ConnectEnabled = flag)
            .Text("ca_provider", (values, text) => values.CaProvider = text)
            .Object("ca_config", new ConfigSchema()
                .Text("cluster_id", (values, text) => values.ClusterId = text)
                .Text("leaf_cert_ttl", (values, text) => values.LeafCertTtl = text)
                .Text("LeafCertTTL", (values, text) => values.LeafCertTtl = text)
                .Inert("any", "private_key", "root_cert", "intermediate_cert_ttl", "root_cert_ttl", "rotation_period")
                .Inert("any", "csr_max_per_second", "csr_max_concurrent", "private_key_type", "private_key_bits")
                .Inert("any", "PrivateKey", "RootCert", "IntermediateCertTTL", "RootCertTTL", "RotationPeriod")
                .Inert("any", "CSRMaxPerSecond", "CSRMaxConcurrent", "PrivateKeyType", "PrivateKeyBits"))
            .Inert("bool", "enable_mesh_gateway_wan_federation", "enable_serverless_plugin")
            .Inert("string", "test_ca_leaf_root_change_spread"))
        .Object("acl", Acl())
        .Object("performance", new ConfigSchema()
            .Number("raft_multiplier", (values, number) => values.RaftMultiplier = number)
            .Inert("string", "leave_drain_time", "rpc_hold_timeout"));

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
        .Text("default_query_time", (values, text) => values.DefaultQueryTime = text)
        .Text("max_query_time", (values, text) => values.MaxQueryTime = text)
        .Text("log_level", (values, text) => values.LogLevel = text)
        .Flag("log_json", (values, flag) => values.LogJson = flag)
        .Text("pid_file", (values, text) => values.PidFile = text)
        .Flag("skip_leave_on_interrupt", (values, flag) => values.SkipLeaveOnInterrupt = flag)
        .Flag("leave_on_terminate", (values, flag) => values.LeaveOnTerminate = flag)
        .Flag("enable_debug", (values, flag) => values.EnableDebug = flag)
        .Flag("disable_http_unprintable_char_filter", (values, flag) => values.DisableUnprintableFilter = flag)
        .Text("acl_datacenter", (values, text) =>
        {
            values.PrimaryDatacenter ??= text;
            values.AclEnabled ??= text.Length > 0 ? true : null;
            values.Warnings.Add("The 'acl_datacenter' field is deprecated. Use the 'primary_datacenter' field instead.");
        })
        .Text("acl_default_policy", (values, text) => values.AclDefaultPolicy = ConfigValues.Keep(values.AclDefaultPolicy, text))
        .Text("acl_token", (values, text) => values.AclDefaultToken = ConfigValues.Keep(values.AclDefaultToken, text))
        .Inert("string", "acl_down_policy", "acl_ttl", "acl_agent_token", "acl_agent_master_token", "acl_master_token")
        .Inert("string", "acl_replication_token", "domain", "alt_domain", "segment", "advertise_addr_wan", "advertise_addr_ipv4")
        .Inert("string", "advertise_addr_ipv6", "advertise_addr_wan_ipv4", "advertise_addr_wan_ipv6", "discovery_max_stale")
        .Inert("string", "log_file", "syslog_facility", "log_rotate_duration", "check_update_interval", "encrypt", "server_name")
        .Inert("string", "ca_file", "ca_path", "cert_file", "key_file", "tls_min_version", "tls_cipher_suites", "serf_lan", "serf_wan")
        .Inert("string", "retry_interval", "retry_interval_wan", "reconnect_timeout", "reconnect_timeout_wan", "session_ttl_min")
        .Inert("string", "ui_dir", "ui_content_path", "license_path", "partition", "version", "advertise_reconnect_timeout")
        .Inert("string", "serf_lan_bind", "serf_wan_bind")
        .Inert("bool", "acl_enable_key_list_policy", "enable_acl_replication", "acl_enforce_version_8", "disable_host_node_id")
        .Inert("bool", "use_streaming_backend", "translate_wan_addrs", "enable_central_service_config", "verify_incoming")
        .Inert("bool", "verify_incoming_https", "verify_incoming_rpc", "verify_outgoing", "verify_server_hostname")
        .Inert("bool", "tls_prefer_server_cipher_suites", "enable_agent_tls_for_checks", "enable_script_checks")
        .Inert("bool", "enable_local_script_checks", "discard_check_output", "enable_syslog", "disable_keyring_file")
        .Inert("bool", "rejoin_after_leave", "disable_update_check", "disable_anonymous_signature", "disable_remote_exec")
        .Inert("bool", "disable_coordinates", "ui", "encrypt_verify_incoming", "encrypt_verify_outgoing")
        .Inert("int", "check_output_max_size", "log_rotate_bytes", "log_rotate_max_files", "raft_protocol", "protocol", "retry_max")
        .Inert("int", "retry_max_wan", "raft_snapshot_threshold", "raft_trailing_logs")
        .Inert("string", "raft_snapshot_interval")
        .Inert("list", "segments", "recursors", "retry_join", "retry_join_wan", "start_join", "start_join_wan", "watches", "services")
        .Inert("list", "checks", "primary_gateways", "serf_allowed_cidrs_lan", "serf_allowed_cidrs_wan")
        .Inert("string", "primary_gateways_interval")
        .Inert("map", "service", "check", "autopilot", "gossip_lan", "gossip_wan", "dns_config", "ui_config", "tagged_addresses")
        .Inert("map", "auto_config", "auto_encrypt", "config_entries", "telemetry", "rpc", "peering", "locality", "audit", "tls", "xds")
        .Inert("any", "experiments");

    private static ConfigSchema Ports()
    {
        var ports = new ConfigSchema();
        foreach (var name in AgentConfiguration.PortNames)
        {
            ports.Number(name, (values, number) => values.Ports[name] = number);
        }

        return ports;
    }

    private static ConfigSchema Acl() => new ConfigSchema()
        .Flag("enabled", (values, flag) => values.AclEnabled = flag)
        .Text("default_policy", (values, text) => values.AclDefaultPolicy = text)
        .Inert("string", "down_policy", "token_ttl", "policy_ttl", "role_ttl", "disabled_ttl")
        .Inert("bool", "enable_token_persistence", "enable_token_replication", "enable_key_list_policy")
        .Inert("any", "msp_disable_bootstrap")
        .Object("tokens", new ConfigSchema()
            .Text("default", (values, text) => values.AclDefaultToken = text)
            .Inert("string", "master", "agent", "agent_master", "replication", "initial_management", "agent_recovery")
            .Inert("string", "config_file_service_registration")
            .Inert("list", "managed_service_provider"));
}
