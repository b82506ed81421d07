using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Protocol.Services;

/// <summary>What a proxy is configured with (services REG-1); the same in registrations with an agent and with the catalog.</summary>
internal static class ProxySchemas
{
    public static SchemaType<ProxyConfig> Of(bool isFile)
    {
        var gateway = MeshGateway(isFile);
        return new ShapeRecord<ProxyConfig>(static () => ProxyConfig.Empty, isFile)
            .Field(
                "DestinationServiceName", ["destination_service_name"], ShapeTypes.Name,
                static of => of.DestinationServiceName.Length == 0, static (of, name) => of with { DestinationServiceName = name })
            .Field(
                "DestinationServiceID", ["destination_service_id"], ShapeTypes.Name,
                static of => of.DestinationServiceId.Length == 0, static (of, id) => of with { DestinationServiceId = id })
            .Field(
                "LocalServiceAddress", ["local_service_address"], ShapeTypes.Name,
                static of => of.LocalServiceAddress.Length == 0, static (of, address) => of with { LocalServiceAddress = address })
            .Field(
                "LocalServicePort", ["local_service_port"], SchemaTypes.Clamped,
                static of => of.LocalServicePort == 0, static (of, port) => of with { LocalServicePort = port })
            .Field(
                "LocalServiceSocketPath", ["local_service_socket_path"], ShapeTypes.Name,
                static of => of.LocalServiceSocketPath.Length == 0, static (of, path) => of with { LocalServiceSocketPath = path })
            .Field("Mode", "mode", ShapeTypes.Name, static (of, mode) => of with { Mode = mode })
            .Field(
                "TransparentProxy", ["transparent_proxy"], TransparentProxy(isFile),
                static of => of.TransparentProxy is null, static (of, transparent) => of with { TransparentProxy = transparent })
            .Field("Config", "config", ShapeTypes.Config, static (of, config) => of with { Config = Kept(config) })
            .Field(
                "Upstreams", "upstreams", new ListType<Upstream>(Upstream(isFile, gateway), ServiceBounds.Entries, goTarget: "of type structs.Upstreams"),
                static (of, upstreams) => of with { Upstreams = upstreams.Kept() })
            .Field(
                "MeshGateway", ["mesh_gateway"], gateway,
                static of => of.MeshGatewayMode.Length == 0, static (of, mode) => of with { MeshGatewayMode = mode })
            .Field("Expose", "expose", Expose(isFile), static (of, expose) => of with { Expose = expose })
            .Type;
    }

    private static SchemaType<Upstream> Upstream(bool isFile, SchemaType<string> gateway) => new ShapeRecord<Upstream>(static () => new Upstream(), isFile)
        .Field(
            "DestinationType", ["destination_type"], ShapeTypes.Name,
            static of => of.DestinationType.Length == 0, static (of, type) => of with { DestinationType = type })
        .Field(
            "DestinationNamespace", ["destination_namespace"], ShapeTypes.Name,
            static of => of.DestinationNamespace.Length == 0, static (of, name) => of with { DestinationNamespace = name })
        .Field(
            "DestinationName", ["destination_name"], ShapeTypes.Name,
            static of => of.DestinationName.Length == 0, static (of, name) => of with { DestinationName = name })
        .Field("Datacenter", "datacenter", ShapeTypes.Name, static (of, name) => of with { Datacenter = name })
        .Field(
            "LocalBindAddress", ["local_bind_address"], ShapeTypes.Name,
            static of => of.LocalBindAddress.Length == 0, static (of, address) => of with { LocalBindAddress = address })
        .Field(
            "LocalBindPort", ["local_bind_port"], SchemaTypes.Clamped,
            static of => of.LocalBindPort == 0, static (of, port) => of with { LocalBindPort = port })
        .Field(
            "LocalBindSocketPath", ["local_bind_socket_path"], ShapeTypes.Name,
            static of => of.LocalBindSocketPath.Length == 0, static (of, path) => of with { LocalBindSocketPath = path })
        .Field(
            "LocalBindSocketMode", ["local_bind_socket_mode"], ShapeTypes.Name,
            static of => of.LocalBindSocketMode.Length == 0, static (of, mode) => of with { LocalBindSocketMode = mode })
        .Field("Config", "config", ShapeTypes.Config, static (of, config) => of with { Config = Kept(config) })
        .Field(
            "MeshGateway", ["mesh_gateway"], gateway,
            static of => of.MeshGatewayMode.Length == 0, static (of, mode) => of with { MeshGatewayMode = mode })
        .Dropped(ofFiles: true, ShapeTypes.Name, "destination_partition", "destination_peer")
        .Type;

    private static SchemaType<TransparentProxy> TransparentProxy(bool isFile) => new ShapeRecord<TransparentProxy>(static () => new(0, false), isFile)
        .Field("OutboundListenerPort", "outbound_listener_port", SchemaTypes.Clamped, static (of, port) => of with { OutboundListenerPort = port })
        .Field("DialedDirectly", "dialed_directly", SchemaTypes.Flag, static (of, flag) => of with { DialedDirectly = flag })
        .Type;

    private static SchemaType<ExposeConfig> Expose(bool isFile)
    {
        var path = new ShapeRecord<ExposePath>(static () => new ExposePath(), isFile)
            .Field(
                "ListenerPort", ["listener_port"], SchemaTypes.Clamped,
                static of => of.ListenerPort == 0, static (of, port) => of with { ListenerPort = port })
            .Field("Path", "path", ShapeTypes.Name, static (of, path) => of with { Path = path })
            .Field(
                "LocalPathPort", ["local_path_port"], SchemaTypes.Clamped,
                static of => of.LocalPathPort == 0, static (of, port) => of with { LocalPathPort = port })
            .Field("Protocol", "protocol", ShapeTypes.Name, static (of, protocol) => of with { Protocol = protocol })
            .Field(
                "ParsedFromCheck", ["parsed_from_check"], SchemaTypes.Flag,
                static of => !of.ParsedFromCheck, static (of, flag) => of with { ParsedFromCheck = flag })
            .Type;
        return new ShapeRecord<ExposeConfig>(static () => ExposeConfig.Empty, isFile)
            .Field("Checks", "checks", SchemaTypes.Flag, static (of, checks) => of with { Checks = checks })
            .Field(
                "Paths", "paths", new ListType<ExposePath>(path, ServiceBounds.Entries, goTarget: "of type []structs.ExposePath"),
                static (of, paths) => of with { Paths = paths.Kept() })
            .Type;
    }

    private static SchemaType<string> MeshGateway(bool isFile) => new ShapeRecord<string>(static () => string.Empty, isFile)
        .Field("Mode", "mode", ShapeTypes.Name, static (_, mode) => mode)
        .Type;

    // Nobody can tell an empty one from none.
    private static string? Kept(string config) => config == ShapeTypes.Config.Empty ? null : config;
}
