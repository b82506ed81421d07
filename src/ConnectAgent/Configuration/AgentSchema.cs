namespace ConnectAgent.Configuration;

/// <summary>Every key that the agent accepts (config-and-cli section 2, clients LAUNCH-2): the tables of the features, and what has no effect.</summary>
internal static class AgentSchema
{
    public static ConfigSchema Root { get; } = Inert().Add(AgentKeys.All);

    private static ConfigSchema Inert() => new ConfigSchema()
        .Object("addresses", new ConfigSchema().Inert(ConfigTypes.Text, "grpc", "grpc_tls", "dns"))
        .Object("unix_sockets", new ConfigSchema().Guards(ConfigTypes.Text, "user", "group"))
        .Object("limits", new ConfigSchema()
            .Inert(ConfigTypes.Real, "rpc_rate")
            .Inert(ConfigTypes.Number, "rpc_max_burst", "rpc_max_conns_per_client", "kv_max_value_size", "txn_max_req_len")
            .InertObject("request_limits", new ConfigSchema().Inert(ConfigTypes.Text, "mode").Inert(ConfigTypes.Real, "read_rate", "write_rate")))
        .Object("connect", new ConfigSchema().Inert(ConfigTypes.Flag, "enable_serverless_plugin"))
        .Object("acl", AclKeys.Others)
        .Object("tls", TlsSettings.Others)
        .Object("telemetry", InertSchemas.Telemetry())
        .Inert(ConfigTypes.Flag, "verify_incoming_rpc", "verify_outgoing", "verify_server_hostname", "tls_prefer_server_cipher_suites")
        .Inert(ConfigTypes.Text, "advertise_addr_ipv4")
        .Inert(ConfigTypes.Text, "advertise_addr_ipv6", "advertise_addr_wan_ipv4", "advertise_addr_wan_ipv6", "discovery_max_stale")
        .Inert(ConfigTypes.Text, "server_name", "serf_lan_bind", "serf_wan_bind")
        .Inert(ConfigTypes.Text, "ui_dir", "ui_content_path", "license_path", "partition", "version")
        .Inert(ConfigTypes.Flag, "leave_on_terminate", "use_streaming_backend", "disable_update_check", "disable_anonymous_signature", "disable_remote_exec")
        .Inert(ConfigTypes.Flag, "disable_coordinates", "ui", "encrypt_verify_incoming", "encrypt_verify_outgoing")
        .Inert(ConfigTypes.Number, "raft_snapshot_threshold", "raft_trailing_logs")
        .Inert(ConfigTypes.List, "experiments")
        .Inert(ConfigTypes.Map, "tagged_addresses")
        .InertParts();
}
