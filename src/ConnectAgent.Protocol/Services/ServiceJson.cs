using System.Text.Json;

namespace ConnectAgent.Protocol.Services;

/// <summary>
/// How the wire shows services, nodes and checks (services section 2): keys in their fixed order, keys of maps sorted. Each writes one value; give it a
/// writer that encodes as <see cref="Json.GoJsonEncoder"/> does. Checks are in <see cref="CheckJson"/>.
/// </summary>
public static class ServiceJson
{
    /// <summary>A service as an agent shows its own (DATA-1, DATA-2).</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="service">With what central configuration adds.</param>
    /// <param name="datacenter">The agent's.</param>
    /// <param name="contentHash">Only where one service is read by its ID.</param>
    public static void AgentService(Utf8JsonWriter writer, NodeService service, string datacenter, string? contentHash = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(service);
        writer.WriteStartObject();
        writer.TextUnlessEmpty("Kind"u8, service.Kind);
        writer.WriteString("ID"u8, service.Id);
        writer.WriteString("Service"u8, service.Name);
        writer.Texts("Tags"u8, service.Tags);
        writer.Map("Meta"u8, service.Meta);
        writer.WriteNumber("Port"u8, service.Port);
        writer.WriteString("Address"u8, service.Address);
        writer.TextUnlessEmpty("SocketPath"u8, service.SocketPath);
        TaggedAddresses(writer, "TaggedAddresses"u8, service.TaggedAddresses);
        Weights(writer, "Weights"u8, service.ShownWeights);
        writer.WriteBoolean("EnableTagOverride"u8, service.EnableTagOverride);
        if (service.CreateIndex > 0)
        {
            writer.WriteNumber("CreateIndex"u8, service.CreateIndex);
        }

        if (service.ModifyIndex > 0)
        {
            writer.WriteNumber("ModifyIndex"u8, service.ModifyIndex);
        }

        writer.TextUnlessEmpty("ContentHash"u8, contentHash ?? string.Empty);
        if (service.ShownProxy is { } proxy)
        {
            ProxyJson.Write(writer, "Proxy"u8, proxy, isOfAgent: true);
        }

        if (service.IsNative)
        {
            Connect(writer, "Connect"u8, isNative: true);
        }

        writer.WriteString("Datacenter"u8, datacenter);
        writer.WriteEndObject();
    }

    /// <summary>A service as the catalog shows it inside its node (DATA-5).</summary>
    public static void NodeService(Utf8JsonWriter writer, NodeService service) => NodeService(writer, service, showsNull: false);

    private static void NodeService(Utf8JsonWriter writer, NodeService service, bool showsNull)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(service);
        writer.WriteStartObject();
        writer.TextUnlessEmpty("Kind"u8, service.Kind);
        writer.WriteString("ID"u8, service.Id);
        writer.WriteString("Service"u8, service.Name);
        writer.Texts("Tags"u8, service.Tags, showsNull);
        writer.WriteString("Address"u8, service.Address);
        TaggedAddresses(writer, "TaggedAddresses"u8, service.TaggedAddresses);
        writer.Map("Meta"u8, service.Meta.Count > 0 ? service.Meta : null);
        writer.NumberUnlessZero("Port"u8, service.Port);
        writer.TextUnlessEmpty("SocketPath"u8, service.SocketPath);
        Weights(writer, "Weights"u8, service.Weights);
        writer.WriteBoolean("EnableTagOverride"u8, service.EnableTagOverride);
        ProxyJson.Write(writer, "Proxy"u8, service.Proxy ?? ProxyConfig.Empty, isOfAgent: false);
        Connect(writer, "Connect"u8, service.IsNative);
        writer.Indexes(service.CreateIndex, service.ModifyIndex);
        writer.WriteEndObject();
    }

    /// <summary>An instance with what it runs on, as the catalog lists the instances of a service (DATA-7).</summary>
    public static void ServiceNode(Utf8JsonWriter writer, CatalogNode node, NodeService service)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(service);
        writer.WriteStartObject();
        Identity(writer, node);
        writer.Map("NodeMeta"u8, node.Meta);
        writer.WriteString("ServiceKind"u8, service.Kind);
        writer.WriteString("ServiceID"u8, service.Id);
        writer.WriteString("ServiceName"u8, service.Name);
        writer.Texts("ServiceTags"u8, service.Tags);
        writer.WriteString("ServiceAddress"u8, service.Address);
        TaggedAddresses(writer, "ServiceTaggedAddresses"u8, service.TaggedAddresses);
        Weights(writer, "ServiceWeights"u8, service.Weights);
        writer.Map("ServiceMeta"u8, service.Meta);
        writer.WriteNumber("ServicePort"u8, service.Port);
        writer.WriteString("ServiceSocketPath"u8, service.SocketPath);
        writer.WriteBoolean("ServiceEnableTagOverride"u8, service.EnableTagOverride);
        ProxyJson.Write(writer, "ServiceProxy"u8, service.Proxy ?? ProxyConfig.Empty, isOfAgent: false);
        Connect(writer, "ServiceConnect"u8, service.IsNative);
        writer.Indexes(service.CreateIndex, service.ModifyIndex);
        writer.WriteEndObject();
    }

    /// <summary>A node (DATA-8).</summary>
    public static void Node(Utf8JsonWriter writer, CatalogNode node)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(node);
        writer.WriteStartObject();
        Identity(writer, node);
        writer.Map("Meta"u8, node.Meta);
        writer.Indexes(node.CreateIndex, node.ModifyIndex);
        writer.WriteEndObject();
    }

    /// <summary>An instance with its node and the checks of both (HLT-1).</summary>
    public static void InstanceHealth(Utf8JsonWriter writer, InstanceHealth instance) => InstanceHealth(writer, instance, showsNull: false);

    /// <summary>The same inside the result of a prepared query, where a list without elements is null (PQ-4).</summary>
    public static void FoundInstance(Utf8JsonWriter writer, InstanceHealth instance) => InstanceHealth(writer, instance, showsNull: true);

    private static void InstanceHealth(Utf8JsonWriter writer, InstanceHealth instance, bool showsNull)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(instance);
        writer.WriteStartObject();
        writer.WritePropertyName("Node"u8);
        Node(writer, instance.Node);
        writer.WritePropertyName("Service"u8);
        NodeService(writer, instance.Service, showsNull);
        if (showsNull && instance.Checks.Count == 0)
        {
            writer.WriteNull("Checks"u8);
        }
        else
        {
            writer.WriteStartArray("Checks"u8);
            foreach (var check in instance.Checks)
            {
                CheckJson.Write(writer, check, showsNull);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void Identity(Utf8JsonWriter writer, CatalogNode node)
    {
        writer.WriteString("ID"u8, node.Id);
        writer.WriteString("Node"u8, node.Name);
        writer.WriteString("Address"u8, node.Address);
        writer.WriteString("Datacenter"u8, node.Datacenter);
        writer.Map("TaggedAddresses"u8, node.TaggedAddresses);
    }

    private static void Weights(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ServiceWeights weights)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("Passing"u8, weights.Passing);
        writer.WriteNumber("Warning"u8, weights.Warning);
        writer.WriteEndObject();
    }

    private static void Connect(Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool isNative)
    {
        writer.WriteStartObject(name);
        writer.FlagUnlessFalse("Native"u8, isNative);
        writer.WriteEndObject();
    }

    private static void TaggedAddresses(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, ServiceAddress> addresses)
    {
        if (addresses.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (tag, address) in addresses.Sorted())
        {
            writer.WriteStartObject(tag);
            writer.WriteString("Address"u8, address.Address);
            writer.WriteNumber("Port"u8, address.Port);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
