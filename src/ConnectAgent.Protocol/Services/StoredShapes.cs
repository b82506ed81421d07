namespace ConnectAgent.Protocol.Services;

/// <summary>
/// Services, nodes and checks in the one form in which they are kept: maps are sorted, and what a sparse row has left out, which reads as null, is the
/// empty text, list or map again.
/// </summary>
public static class StoredShapes
{
    public static CatalogNode Completed(this CatalogNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node with
        {
            Id = node.Id ?? string.Empty,
            Address = node.Address ?? string.Empty,
            Datacenter = node.Datacenter ?? string.Empty,
            TaggedAddresses = node.TaggedAddresses is { } addresses ? SortedMap.Of(addresses) : null,
            Meta = node.Meta is { } meta ? SortedMap.Of(meta) : null,
        };
    }

    /// <inheritdoc cref="Completed(CatalogNode)"/>
    public static NodeService Completed(this NodeService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return service with
        {
            Kind = service.Kind ?? string.Empty,
            Tags = service.Tags ?? [],
            Address = service.Address ?? string.Empty,
            TaggedAddresses = Completed(service.TaggedAddresses ?? EmptyMap<ServiceAddress>.Instance),
            Meta = SortedMap.Of(service.Meta ?? EmptyMap<string>.Instance),
            SocketPath = service.SocketPath ?? string.Empty,
            Weights = service.Weights is { } weights && weights != ServiceWeights.Default ? weights : ServiceWeights.Default,
            Proxy = service.Proxy?.Completed(),
        };
    }

    /// <inheritdoc cref="Completed(CatalogNode)"/>
    public static HealthCheck Completed(this HealthCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check with
        {
            Node = check.Node ?? string.Empty,
            Name = check.Name ?? string.Empty,
            Status = check.Status ?? string.Empty,
            Notes = check.Notes ?? string.Empty,
            Output = check.Output ?? string.Empty,
            ServiceId = check.ServiceId ?? string.Empty,
            ServiceName = check.ServiceName ?? string.Empty,
            ServiceTags = check.ServiceTags ?? [],
            Type = check.Type ?? string.Empty,
            Interval = check.Interval ?? string.Empty,
            Timeout = check.Timeout ?? string.Empty,
            Definition = check.Definition.Completed(),
        };
    }

    /// <inheritdoc cref="Completed(CatalogNode)"/>
    public static CheckDefinition Completed(this CheckDefinition? definition)
    {
        if (definition is null || ReferenceEquals(definition, CheckDefinition.None))
        {
            return CheckDefinition.None;
        }

        definition = definition with
        {
            Http = definition.Http ?? string.Empty,
            Header = definition.Header is { Count: > 0 } header ? SortedMap.Of(header) : CheckDefinition.None.Header,
            Method = definition.Method ?? string.Empty,
            Body = definition.Body ?? string.Empty,
            TlsServerName = definition.TlsServerName ?? string.Empty,
            Tcp = definition.Tcp ?? string.Empty,
            Udp = definition.Udp ?? string.Empty,
            H2Ping = definition.H2Ping ?? string.Empty,
            Grpc = definition.Grpc ?? string.Empty,
            ScriptArgs = definition.ScriptArgs is { Count: > 0 } arguments ? arguments : CheckDefinition.None.ScriptArgs,
            DockerContainerId = definition.DockerContainerId ?? string.Empty,
            Shell = definition.Shell ?? string.Empty,
            OsService = definition.OsService ?? string.Empty,
            AliasNode = definition.AliasNode ?? string.Empty,
            AliasService = definition.AliasService ?? string.Empty,
        };
        return definition == CheckDefinition.None ? CheckDefinition.None : definition;
    }

    private static IReadOnlyDictionary<string, ServiceAddress> Completed(IReadOnlyDictionary<string, ServiceAddress> addresses) => SortedMap.Of(
        addresses.Values.All(static address => address.Address is not null)
            ? addresses
            : addresses.ToDictionary(static pair => pair.Key, static pair => pair.Value with { Address = pair.Value.Address ?? string.Empty }, StringComparer.Ordinal));

    private static ProxyConfig Completed(this ProxyConfig proxy) => proxy with
    {
        DestinationServiceName = proxy.DestinationServiceName ?? string.Empty,
        DestinationServiceId = proxy.DestinationServiceId ?? string.Empty,
        LocalServiceAddress = proxy.LocalServiceAddress ?? string.Empty,
        LocalServiceSocketPath = proxy.LocalServiceSocketPath ?? string.Empty,
        Mode = proxy.Mode ?? string.Empty,
        Upstreams = proxy.Upstreams is { Count: > 0 } upstreams ? [.. upstreams.Select(Completed)] : [],
        MeshGatewayMode = proxy.MeshGatewayMode ?? string.Empty,
        Expose = new ExposeConfig(proxy.Expose.Checks, proxy.Expose.Paths is { Count: > 0 } paths ? [.. paths.Select(Completed)] : []),
    };

    private static Upstream Completed(Upstream upstream) => upstream with
    {
        DestinationType = upstream.DestinationType ?? string.Empty,
        DestinationNamespace = upstream.DestinationNamespace ?? string.Empty,
        DestinationName = upstream.DestinationName ?? string.Empty,
        Datacenter = upstream.Datacenter ?? string.Empty,
        LocalBindAddress = upstream.LocalBindAddress ?? string.Empty,
        LocalBindSocketPath = upstream.LocalBindSocketPath ?? string.Empty,
        LocalBindSocketMode = upstream.LocalBindSocketMode ?? string.Empty,
        MeshGatewayMode = upstream.MeshGatewayMode ?? string.Empty,
    };

    private static ExposePath Completed(ExposePath path) => path with { Path = path.Path ?? string.Empty, Protocol = path.Protocol ?? string.Empty };
}
