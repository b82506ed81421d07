using System.Globalization;
using ConnectAgent.Protocol.Hashing;

namespace ConnectAgent.Protocol.Services;

/// <summary>The hash of a local service that clients wait on (services AG-6, AG-7, section 9): of what the agent shows, the same as the reference's.</summary>
public static class ContentHash
{
    /// <summary>As the wire shows it: hexadecimal without leading zeros (HASH-6).</summary>
    /// <param name="service">With what central configuration adds.</param>
    public static string Of(NodeService service) => Text(Value(service));

    /// <summary>The same as a number.</summary>
    public static ulong Value(NodeService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var hash = new RecordHash("AgentService"u8);
        hash.Add("Kind"u8, service.Kind);
        hash.Add("ID"u8, service.Id);
        hash.Add("Service"u8, service.Name);
        hash.Add("Tags"u8, StructuralHash.Of(service.Tags, static tag => StructuralHash.Of(tag)));
        hash.Add("Meta"u8, StructuralHash.Of(service.Meta, static value => StructuralHash.Of(value)));
        hash.Add("Port"u8, service.Port);
        hash.Add("Address"u8, service.Address);
        hash.Add("SocketPath"u8, service.SocketPath);
        hash.Add("TaggedAddresses"u8, StructuralHash.Of(service.TaggedAddresses, static address => Of(address)));
        hash.Add("Weights"u8, Of(service.ShownWeights));
        hash.Add("EnableTagOverride"u8, service.EnableTagOverride);
        hash.Add("CreateIndex"u8, StructuralHash.Of(service.CreateIndex));
        hash.Add("ModifyIndex"u8, StructuralHash.Of(service.ModifyIndex));
        hash.Add("ContentHash"u8, string.Empty);
        hash.Add("Proxy"u8, service.ShownProxy is { } proxy ? Of(proxy) : StructuralHash.Absent);
        hash.Add("Connect"u8, service.IsNative ? OfNative() : StructuralHash.Absent);
        return hash.Value;
    }

    /// <summary>What tells a compiled discovery chain from the one without overrides (DCH-8): the first eight digits.</summary>
    /// <param name="meshGatewayMode">Empty where it changes nothing.</param>
    /// <param name="protocol">Empty where it changes nothing.</param>
    /// <param name="connectTimeout">In nanoseconds; 0 where it changes nothing.</param>
    public static string OfOverrides(string meshGatewayMode, string protocol, long connectTimeout)
    {
        var hash = new RecordHash(""u8);
        hash.Add("OverrideMeshGateway"u8, OfGateway(meshGatewayMode));
        hash.Add("OverrideProtocol"u8, protocol);
        hash.Add("OverrideConnectTimeout"u8, StructuralHash.Of(connectTimeout));
        var text = Text(hash.Value);
        return text.Length > 8 ? text[..8] : text;
    }

    private static ulong Of(ServiceAddress address)
    {
        var hash = new RecordHash("ServiceAddress"u8);
        hash.Add("Address"u8, address.Address);
        hash.Add("Port"u8, address.Port);
        return hash.Value;
    }

    private static ulong Of(ServiceWeights weights)
    {
        var hash = new RecordHash("AgentWeights"u8);
        hash.Add("Passing"u8, weights.Passing);
        hash.Add("Warning"u8, weights.Warning);
        return hash.Value;
    }

    private static ulong OfNative()
    {
        var hash = new RecordHash("AgentServiceConnect"u8);
        hash.Add("Native"u8, flag: true);
        hash.Add("SidecarService"u8, StructuralHash.Absent);
        return hash.Value;
    }

    private static ulong Of(ProxyConfig proxy)
    {
        var hash = new RecordHash("AgentServiceConnectProxyConfig"u8);
        hash.Add("DestinationServiceName"u8, proxy.DestinationServiceName);
        hash.Add("DestinationServiceID"u8, proxy.DestinationServiceId);
        hash.Add("LocalServiceAddress"u8, proxy.LocalServiceAddress);
        hash.Add("LocalServicePort"u8, proxy.LocalServicePort);
        hash.Add("LocalServiceSocketPath"u8, proxy.LocalServiceSocketPath);
        hash.Add("Mode"u8, proxy.Mode);
        hash.Add("TransparentProxy"u8, proxy.TransparentProxy is { } transparent ? Of(transparent) : StructuralHash.Absent);
        hash.Add("Config"u8, StructuralHash.OfJson(proxy.Config));
        hash.Add("Upstreams"u8, StructuralHash.Of(proxy.Upstreams, static upstream => Of(upstream)));
        hash.Add("MeshGateway"u8, OfGateway(proxy.MeshGatewayMode));
        hash.Add("Expose"u8, Of(proxy.Expose));
        return hash.Value;
    }

    private static ulong Of(TransparentProxy transparent)
    {
        var hash = new RecordHash("TransparentProxyConfig"u8);
        hash.Add("OutboundListenerPort"u8, transparent.OutboundListenerPort);
        hash.Add("DialedDirectly"u8, transparent.DialedDirectly);
        return hash.Value;
    }

    private static ulong Of(Upstream upstream)
    {
        var hash = new RecordHash("Upstream"u8);
        hash.Add("DestinationType"u8, upstream.DestinationType);
        hash.Add("DestinationNamespace"u8, upstream.DestinationNamespace);
        hash.Add("DestinationName"u8, upstream.DestinationName);
        hash.Add("Datacenter"u8, upstream.Datacenter);
        hash.Add("LocalBindAddress"u8, upstream.LocalBindAddress);
        hash.Add("LocalBindPort"u8, upstream.LocalBindPort);
        hash.Add("LocalBindSocketPath"u8, upstream.LocalBindSocketPath);
        hash.Add("LocalBindSocketMode"u8, upstream.LocalBindSocketMode);
        hash.Add("Config"u8, StructuralHash.OfJson(upstream.Config));
        hash.Add("MeshGateway"u8, OfGateway(upstream.MeshGatewayMode));
        hash.Add("CentrallyConfigured"u8, upstream.CentrallyConfigured);
        return hash.Value;
    }

    private static ulong OfGateway(string mode)
    {
        var hash = new RecordHash("MeshGatewayConfig"u8);
        hash.Add("Mode"u8, mode);
        return hash.Value;
    }

    private static ulong Of(ExposeConfig expose)
    {
        var hash = new RecordHash("ExposeConfig"u8);
        hash.Add("Checks"u8, expose.Checks);
        hash.Add("Paths"u8, StructuralHash.Of(expose.Paths, static path => Of(path)));
        return hash.Value;
    }

    private static ulong Of(ExposePath path)
    {
        var hash = new RecordHash("ExposePath"u8);
        hash.Add("ListenerPort"u8, path.ListenerPort);
        hash.Add("Path"u8, path.Path);
        hash.Add("LocalPathPort"u8, path.LocalPathPort);
        hash.Add("Protocol"u8, path.Protocol);
        hash.Add("ParsedFromCheck"u8, path.ParsedFromCheck);
        return hash.Value;
    }

    private static string Text(ulong hash) => hash.ToString("x", CultureInfo.InvariantCulture);
}
