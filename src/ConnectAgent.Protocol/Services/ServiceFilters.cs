using ConnectAgent.Protocol.Filtering;

namespace ConnectAgent.Protocol.Services;

/// <summary>
/// The selectors of services, nodes and checks (services FILT-1 to FILT-5): the fields of each shape, but indexes, hashes, definitions of checks and what
/// is kept as it is (FILT-3).
/// </summary>
public static class ServiceFilters
{
    private static readonly FilterSchema<ServiceAddress> Address = new FilterSchema<ServiceAddress>()
        .Text("Address", static address => address.Address)
        .Number("Port", static address => address.Port);

    private static readonly FilterSchema<ServiceWeights> Weights = new FilterSchema<ServiceWeights>()
        .Number("Passing", static weights => weights.Passing)
        .Number("Warning", static weights => weights.Warning);

    private static readonly FilterSchema<NodeService> Connect = new FilterSchema<NodeService>().Flag("Native", static service => service.IsNative);

    private static readonly FilterSchema<string> MeshGateway = new FilterSchema<string>().Text("Mode", static mode => mode);

    private static readonly FilterSchema<TransparentProxy> Transparent = new FilterSchema<TransparentProxy>()
        .Number("OutboundListenerPort", static proxy => proxy.OutboundListenerPort)
        .Flag("DialedDirectly", static proxy => proxy.DialedDirectly);

    private static readonly FilterSchema<ExposePath> ExposePath = new FilterSchema<ExposePath>()
        .Number("ListenerPort", static path => path.ListenerPort)
        .Text("Path", static path => path.Path)
        .Number("LocalPathPort", static path => path.LocalPathPort)
        .Text("Protocol", static path => path.Protocol)
        .Flag("ParsedFromCheck", static path => path.ParsedFromCheck);

    private static readonly FilterSchema<ExposeConfig> Expose = new FilterSchema<ExposeConfig>()
        .Flag("Checks", static expose => expose.Checks)
        .List("Paths", static expose => expose.Paths, ExposePath);

    private static readonly FilterSchema<Upstream> Upstream = new FilterSchema<Upstream>()
        .Text("DestinationType", static upstream => upstream.DestinationType)
        .Text("DestinationNamespace", static upstream => upstream.DestinationNamespace)
        .Text("DestinationName", static upstream => upstream.DestinationName)
        .Text("Datacenter", static upstream => upstream.Datacenter)
        .Text("LocalBindAddress", static upstream => upstream.LocalBindAddress)
        .Number("LocalBindPort", static upstream => upstream.LocalBindPort)
        .Text("LocalBindSocketPath", static upstream => upstream.LocalBindSocketPath)
        .Text("LocalBindSocketMode", static upstream => upstream.LocalBindSocketMode)
        .Object("MeshGateway", static upstream => upstream.MeshGatewayMode, MeshGateway);

    private static readonly FilterSchema<ProxyConfig> Proxy = new FilterSchema<ProxyConfig>()
        .Text("DestinationServiceName", static proxy => proxy.DestinationServiceName)
        .Text("DestinationServiceID", static proxy => proxy.DestinationServiceId)
        .Text("LocalServiceAddress", static proxy => proxy.LocalServiceAddress)
        .Number("LocalServicePort", static proxy => proxy.LocalServicePort)
        .Text("LocalServiceSocketPath", static proxy => proxy.LocalServiceSocketPath)
        .Text("Mode", static proxy => proxy.Mode)
        .Object("TransparentProxy", static proxy => proxy.TransparentProxy, Transparent)
        .List("Upstreams", static proxy => proxy.Upstreams, Upstream)
        .Object("MeshGateway", static proxy => proxy.MeshGatewayMode, MeshGateway)
        .Object("Expose", static proxy => proxy.Expose, Expose);

    /// <summary>Services of an agent (AG-4), as it shows them.</summary>
    public static FilterSchema<NodeService> AgentService { get; } = Instance(string.Empty, "Service", static (NodeService service) => service)
        .Object("Weights", static service => service.ShownWeights, Weights)
        .Object("Proxy", static service => service.ShownProxy, Proxy)
        .Object("Connect", static service => service.IsNative ? service : null, Connect);

    /// <summary>Services on a node of the catalog (CAT-14).</summary>
    public static FilterSchema<NodeService> NodeService { get; } = InCatalog(string.Empty, "Service", static (NodeService service) => service);

    /// <summary>Nodes of the catalog (CAT-10).</summary>
    public static FilterSchema<CatalogNode> Node { get; } = Host(static (CatalogNode node) => node).TextMap("Meta", static node => node.Meta);

    /// <summary>Checks, of an agent (AG-8) or of the catalog (HLT-6).</summary>
    public static FilterSchema<HealthCheck> Check { get; } = new FilterSchema<HealthCheck>()
        .Text("Node", static check => check.Node)
        .Text("CheckID", static check => check.CheckId)
        .Text("Name", static check => check.Name)
        .Text("Status", static check => check.Status)
        .Text("Notes", static check => check.Notes)
        .Text("Output", static check => check.Output)
        .Text("ServiceID", static check => check.ServiceId)
        .Text("ServiceName", static check => check.ServiceName)
        .TextList("ServiceTags", static check => check.ServiceTags)
        .Text("Type", static check => check.Type)
        .Text("Interval", static check => check.Interval)
        .Text("Timeout", static check => check.Timeout)
        .Number("ExposedPort", static check => check.ExposedPort);

    /// <summary>Instances with their nodes and checks (HLT-1).</summary>
    public static FilterSchema<InstanceHealth> InstanceHealth { get; } = new FilterSchema<InstanceHealth>()
        .Object("Node", static instance => instance.Node, Node)
        .Object("Service", static instance => instance.Service, NodeService)
        .List("Checks", static instance => instance.Checks, Check);

    /// <summary>Instances with their nodes, in one object (CAT-12, CAT-13).</summary>
    /// <param name="node">The node of one.</param>
    /// <param name="service">Its service.</param>
    public static FilterSchema<T> ServiceNode<T>(Func<T, CatalogNode> node, Func<T, NodeService> service)
    {
        var schema = Host(node).TextMap("NodeMeta", of => node(of).Meta);
        return InCatalog("Service", "ServiceName", service, schema);
    }

    private static FilterSchema<T> Host<T>(Func<T, CatalogNode> node) => new FilterSchema<T>()
        .Text("ID", of => node(of).Id)
        .Text("Node", of => node(of).Name)
        .Text("Address", of => node(of).Address)
        .Text("Datacenter", of => node(of).Datacenter)
        .TextMap("TaggedAddresses", of => node(of).TaggedAddresses);

    private static FilterSchema<T> InCatalog<T>(string prefix, string name, Func<T, NodeService> service, FilterSchema<T>? schema = null) =>
        Instance(prefix, name, service, schema)
            .Object(prefix + "Weights", of => service(of).Weights, Weights)
            .Object(prefix + "Proxy", of => service(of).Proxy ?? ProxyConfig.Empty, Proxy)
            .Object(prefix + "Connect", service, Connect);

    // What agent and catalog have in common.
    private static FilterSchema<T> Instance<T>(string prefix, string name, Func<T, NodeService> service, FilterSchema<T>? schema = null) =>
        (schema ?? new FilterSchema<T>())
            .Text(prefix + "Kind", of => service(of).Kind)
            .Text(prefix + "ID", of => service(of).Id)
            .Text(name, of => service(of).Name)
            .TextList(prefix + "Tags", of => service(of).Tags)
            .TextMap(prefix + "Meta", of => service(of).Meta)
            .Number(prefix + "Port", of => service(of).Port)
            .Text(prefix + "Address", of => service(of).Address)
            .Text(prefix + "SocketPath", of => service(of).SocketPath)
            .ObjectMap(prefix + "TaggedAddresses", of => service(of).TaggedAddresses, Address)
            .Flag(prefix + "EnableTagOverride", of => service(of).EnableTagOverride);
}
