using System.Text.Json;

namespace ConnectAgent.Cli.Connect;

/// <summary>The first configuration of Envoy: where it gets the rest, and how its statistics are named (clients section 4).</summary>
internal static class EnvoyBootstrap
{
    // What the parts of Envoy's own names mean.
    private static readonly (string Name, string Pattern)[] Tags =
    [
        ("consul.destination.custom_hash", """^cluster\.(?:passthrough~)?((?:([^.]+)~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.destination.service_subset", """^cluster\.(?:passthrough~)?((?:[^.]+~)?(?:([^.]+)\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.destination.service", """^cluster\.(?:passthrough~)?((?:[^.]+~)?(?:[^.]+\.)?([^.]+)\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.destination.namespace", """^cluster\.(?:passthrough~)?((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.([^.]+)\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.destination.datacenter", """^cluster\.(?:passthrough~)?((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.([^.]+)\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.destination.routing_type", """^cluster\.(?:passthrough~)?((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.([^.]+)\.[^.]+\.consul\.)"""),
        ("consul.destination.trust_domain", """^cluster\.(?:passthrough~)?((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.([^.]+)\.consul\.)"""),
        ("consul.destination.target", """^cluster\.(?:passthrough~)?(((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+)\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.destination.full_target", """^cluster\.(?:passthrough~)?(((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+)\.consul\.)"""),
        ("consul.upstream.service", """^(?:tcp|http)\.upstream\.(([^.]+)(?:\.[^.]+)?\.[^.]+\.)"""),
        ("consul.upstream.datacenter", """^(?:tcp|http)\.upstream\.([^.]+(?:\.[^.]+)?\.([^.]+)\.)"""),
        ("consul.upstream.namespace", """^(?:tcp|http)\.upstream\.([^.]+(?:\.([^.]+))?\.[^.]+\.)"""),
        ("consul.custom_hash", """^cluster\.((?:([^.]+)~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.service_subset", """^cluster\.((?:[^.]+~)?(?:([^.]+)\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.service", """^cluster\.((?:[^.]+~)?(?:[^.]+\.)?([^.]+)\.[^.]+\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.namespace", """^cluster\.((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.([^.]+)\.[^.]+\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.datacenter", """^cluster\.((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.([^.]+)\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.routing_type", """^cluster\.((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.([^.]+)\.[^.]+\.consul\.)"""),
        ("consul.trust_domain", """^cluster\.((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.([^.]+)\.consul\.)"""),
        ("consul.target", """^cluster\.(((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+)\.[^.]+\.[^.]+\.consul\.)"""),
        ("consul.full_target", """^cluster\.(((?:[^.]+~)?(?:[^.]+\.)?[^.]+\.[^.]+\.[^.]+\.[^.]+\.[^.]+)\.consul\.)"""),
    ];

    /// <summary>Writes the document.</summary>
    public static void Write(Utf8JsonWriter writer, EnvoyProxy proxy)
    {
        writer.WriteStartObject();
        WriteAdmin(writer, proxy);
        writer.WriteStartObject("node");
        writer.WriteString("cluster", proxy.Service);
        writer.WriteString("id", proxy.Id);
        writer.WriteStartObject("metadata");
        writer.WriteString("namespace", "default");
        writer.WriteString("envoy_version", proxy.EnvoyVersion);
        writer.WriteEndObject();
        writer.WriteEndObject();
        WriteCluster(writer, proxy);
        WriteStatistics(writer, proxy);
        WriteSources(writer, proxy);
        writer.WriteEndObject();
    }

    private static void WriteAdmin(Utf8JsonWriter writer, EnvoyProxy proxy)
    {
        writer.WriteStartObject("admin");
        writer.WriteString("access_log_path", proxy.AccessLog);
        WriteAddress(writer, proxy.AdminHost, proxy.AdminPort);
        writer.WriteEndObject();
    }

    private static void WriteAddress(Utf8JsonWriter writer, string host, int port)
    {
        writer.WriteStartObject("address");
        writer.WriteStartObject("socket_address");
        writer.WriteString("address", host);
        writer.WriteNumber("port_value", port);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteCluster(Utf8JsonWriter writer, EnvoyProxy proxy)
    {
        writer.WriteStartObject("static_resources");
        writer.WriteStartArray("clusters");
        writer.WriteStartObject();
        writer.WriteString("name", "local_agent");
        writer.WriteBoolean("ignore_health_on_host_removal", value: false);
        writer.WriteString("connect_timeout", "1s");
        writer.WriteString("type", "STATIC");
        writer.WriteStartObject("http2_protocol_options");
        writer.WriteEndObject();
        writer.WriteStartObject("loadAssignment");
        writer.WriteString("clusterName", "local_agent");
        writer.WriteStartArray("endpoints");
        writer.WriteStartObject();
        writer.WriteStartArray("lbEndpoints");
        writer.WriteStartObject();
        writer.WriteStartObject("endpoint");
        WriteAddress(writer, proxy.GrpcHost, proxy.GrpcPort);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteStatistics(Utf8JsonWriter writer, EnvoyProxy proxy)
    {
        writer.WriteStartObject("stats_config");
        writer.WriteStartArray("stats_tags");
        foreach (var (name, pattern) in Tags)
        {
            writer.WriteStartObject();
            writer.WriteString("regex", pattern);
            writer.WriteString("tag_name", name);
            writer.WriteEndObject();
        }

        foreach (var (name, value) in new[]
        {
            ("local_cluster", proxy.Service), ("consul.source.service", proxy.Service), ("consul.source.namespace", "default"), ("consul.source.datacenter", proxy.Datacenter),
        })
        {
            writer.WriteStartObject();
            writer.WriteString("tag_name", name);
            writer.WriteString("fixed_value", value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteBoolean("use_all_default_tags", value: true);
        writer.WriteEndObject();
    }

    private static void WriteSources(Utf8JsonWriter writer, EnvoyProxy proxy)
    {
        writer.WriteStartObject("dynamic_resources");
        foreach (var name in new[] { "lds_config", "cds_config" })
        {
            writer.WriteStartObject(name);
            writer.WriteStartObject("ads");
            writer.WriteEndObject();
            writer.WriteString("resource_api_version", "V3");
            writer.WriteEndObject();
        }

        writer.WriteStartObject("ads_config");
        writer.WriteString("api_type", "DELTA_GRPC");
        writer.WriteString("transport_api_version", "V3");
        writer.WriteStartObject("grpc_services");
        writer.WriteStartArray("initial_metadata");
        writer.WriteStartObject();
        writer.WriteString("key", "x-consul-token");
        writer.WriteString("value", proxy.Token);
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("envoy_grpc");
        writer.WriteString("cluster_name", "local_agent");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}

/// <summary>What an Envoy is told of itself. Holds a token: never printed but into its configuration.</summary>
internal sealed record EnvoyProxy(
    string Id, string Service, string Datacenter, string AdminHost, int AdminPort, string AccessLog, string GrpcHost, int GrpcPort, string EnvoyVersion, string Token)
{
    public override string ToString() => Id;
}
