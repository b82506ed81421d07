using static ConnectAgent.Configuration.ConfigTypes;

namespace ConnectAgent.Configuration;

/// <summary>Objects of the configuration that are accepted and have no effect: their keys are named one by one (config-and-cli section 2).</summary>
internal static class InertSchemas
{
    /// <summary>Adds those of the top level.</summary>
    public static ConfigSchema InertParts(this ConfigSchema schema) => schema
        .Object("dns_config", new ConfigSchema()
            .Inert(Flag, "allow_stale", "enable_truncate", "only_passing", "node_meta_txt", "use_cache", "disable_compression", "prefer_namespace")
            .Inert(Number, "a_record_limit", "udp_answer_limit")
            .Inert(Text, "max_stale", "node_ttl", "recursor_timeout", "recursor_strategy", "cache_max_age")
            .Inert(Map, "service_ttl")
            .Object("soa", new ConfigSchema().Inert(Number, "refresh", "retry", "expire", "min_ttl")))
        .Object("autopilot", new ConfigSchema()
            .Inert(Flag, "cleanup_dead_servers", "disable_upgrade_migration")
            .Inert(Number, "max_trailing_logs", "min_quorum")
            .Inert(Text, "last_contact_threshold", "redundancy_zone_tag", "server_stabilization_time", "upgrade_version_tag"))
        .Object("gossip_lan", Gossip())
        .Object("gossip_wan", Gossip())
        .Object("ui_config", new ConfigSchema()
            .Inert(Flag, "hcp_enabled")
            .Inert(Text, "metrics_provider_options_json")
            .Inert(List, "metrics_provider_files")
            .Inert(Map, "dashboard_url_templates")
            .Object("metrics_proxy", new ConfigSchema()
                .Inert(Text, "base_url")
                .Inert(List, "path_allowlist")
                .InertObjects("add_headers", new ConfigSchema().Inert(Text, "name", "value"))))
        .Object("auto_config", new ConfigSchema()
            .Inert(Flag, "enabled")
            .Inert(Text, "intro_token", "intro_token_file")
            .Inert(List, "server_addresses", "dns_sans", "ip_sans")
            .Object("authorization", new ConfigSchema()
                .Inert(Flag, "enabled")
                .Object("static", new ConfigSchema()
                    .Inert(Text, "jwks_url", "jwks_ca_cert", "oidc_discovery_url", "oidc_discovery_ca_cert", "bound_issuer")
                    .Inert(Text, "expiration_leeway", "not_before_leeway", "clock_skew_leeway")
                    .Inert(List, "jwt_validation_pub_keys", "jwt_supported_algs", "bound_audiences", "claim_assertions")
                    .Inert(Map, "claim_mappings", "list_claim_mappings")
                    .Inert(Flag, "allow_reuse"))))
        .Object("auto_encrypt", new ConfigSchema().Inert(List, "dns_san", "ip_san"))
        .Object("rpc", new ConfigSchema().Inert(Flag, "enable_streaming"))
        .Object("peering", new ConfigSchema().Inert(Flag, "enabled"))
        .Object("locality", new ConfigSchema().Inert(Text, "region", "zone"))
        .Object("audit", new ConfigSchema().Inert(Flag, "enabled").Inert(AnyObject, "sink"))
        .Object("xds", new ConfigSchema().Inert(Real, "update_max_per_second"))
        .InertObjects("segments", new ConfigSchema().Inert(Text, "name", "bind", "advertise").Inert(Number, "port").Inert(Flag, "rpc_listener"));

    /// <summary>Metrics that are sent somewhere; ours are fetched.</summary>
    public static ConfigSchema Telemetry() => new ConfigSchema()
        .Inert(Flag, "disable_hostname", "filter_default", "disable_compat_1.9", "enable_host_metrics", "retry_failed_connection")
        .Inert(Text, "metrics_prefix", "statsd_address", "statsite_address", "dogstatsd_addr")
        .Inert(List, "prefix_filter", "allowed_prefixes", "blocked_prefixes", "dogstatsd_tags")
        .Inert(Text, "circonus_api_app", "circonus_api_token", "circonus_api_url", "circonus_broker_id", "circonus_broker_select_tag")
        .Inert(Text, "circonus_check_display_name", "circonus_check_force_metric_activation", "circonus_check_id")
        .Inert(Text, "circonus_check_instance_id", "circonus_check_search_tag", "circonus_check_tags", "circonus_submission_interval")
        .Inert(Text, "circonus_submission_url");

    private static ConfigSchema Gossip() => new ConfigSchema()
        .Inert(Number, "gossip_nodes", "retransmit_mult", "suspicion_mult")
        .Inert(Text, "gossip_interval", "probe_interval", "probe_timeout");
}
