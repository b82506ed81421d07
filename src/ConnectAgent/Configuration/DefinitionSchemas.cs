using static ConnectAgent.Configuration.ConfigTypes;

namespace ConnectAgent.Configuration;

/// <summary>Services and checks as files define them: names and types; nothing registers them (config-and-cli section 2, LOAD-5).</summary>
internal static class DefinitionSchemas
{
    public static ConfigSchema Locality { get; } = new ConfigSchema().Inert(Text, "region", "zone");

    public static ConfigSchema Check { get; } = new ConfigSchema()
        .Inert(Text, "id", "name", "notes", "service_id", "serviceid", "token", "status", "http", "method", "body", "tcp", "udp", "interval")
        .Inert(Text, "docker_container_id", "dockercontainerid", "shell", "grpc", "h2ping", "os_service", "tls_server_name", "alias_node")
        .Inert(Text, "alias_service", "timeout", "ttl", "deregister_critical_service_after", "deregistercriticalserviceafter", "namespace", "partition")
        .Inert(Flag, "disable_redirects", "tcp_use_tls", "grpc_use_tls", "h2ping_use_tls", "tls_skip_verify", "tlsskipverify")
        .Inert(Number, "output_max_size", "success_before_passing", "failures_before_warning", "failures_before_critical")
        .Inert(List, "args", "script_args", "scriptargs")
        .Inert(AnyObject, "header");

    public static ConfigSchema Service { get; } = Sidecar()
        .Object("connect", new ConfigSchema().Inert(Flag, "native").Object("sidecar_service", Sidecar()));

    // A sidecar has no sidecar of its own.
    private static ConfigSchema Sidecar() => new ConfigSchema()
        .Inert(Text, "id", "name", "kind", "address", "socket_path", "token", "namespace", "partition")
        .Inert(Number, "port")
        .Inert(Flag, "enable_tag_override", "enabletagoverride")
        .Inert(List, "tags")
        .Inert(Map, "meta")
        .Inert(AnyObject, "tagged_addresses")
        .Object("weights", new ConfigSchema().Inert(Number, "passing", "warning"))
        .Object("locality", Locality)
        .Object("check", Check)
        .InertObjects("checks", Check)
        .Object("proxy", Proxy());

    private static ConfigSchema Proxy() => new ConfigSchema()
        .Inert(Text, "destination_service_name", "destination_service_id", "local_service_address", "local_service_socket_path", "mode")
        .Inert(Number, "local_service_port")
        .Inert(AnyObject, "config")
        .Object("mesh_gateway", Gateway())
        .Object("transparent_proxy", new ConfigSchema().Inert(Number, "outbound_listener_port").Inert(Flag, "dialed_directly"))
        .Object("expose", new ConfigSchema().Inert(Flag, "checks").InertObjects("paths", new ConfigSchema()
            .Inert(Text, "path", "protocol").Inert(Number, "listener_port", "local_path_port")))
        .InertObjects("upstreams", new ConfigSchema()
            .Inert(Text, "destination_type", "destination_namespace", "destination_partition", "destination_peer", "destination_name", "datacenter")
            .Inert(Text, "local_bind_address", "local_bind_socket_path", "local_bind_socket_mode")
            .Inert(Number, "local_bind_port")
            .Inert(AnyObject, "config")
            .Object("mesh_gateway", Gateway()));

    private static ConfigSchema Gateway() => new ConfigSchema().Inert(Text, "mode");
}
