using System.Buffers;
using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>The bodies of writes to the catalog (services CAT-1, CAT-8). The reference refuses names that it does not know, so there are no others.</summary>
internal static class CatalogBodies
{
    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };

    public static byte[] Of(CatalogRegistration registration) => Write(writer =>
    {
        var node = registration.Node;
        writer.WriteString("Datacenter"u8, node.Datacenter);
        writer.WriteString("ID"u8, node.Id);
        writer.WriteString("Node"u8, node.Name);
        writer.WriteString("Address"u8, node.Address);
        Map(writer, "TaggedAddresses", node.TaggedAddresses);
        Map(writer, "NodeMeta", node.Meta);
        writer.WriteBoolean("SkipNodeUpdate"u8, registration.SkipNodeUpdate);
        if (registration.Service is { } service)
        {
            writer.WritePropertyName("Service"u8);
            ServiceJson.NodeService(writer, service);
        }

        writer.WriteStartArray("Checks"u8);
        foreach (var check in registration.Checks)
        {
            CheckJson.Write(writer, check);
        }

        writer.WriteEndArray();
    });

    public static byte[] Of(CatalogDeregistration deregistration) => Write(writer =>
    {
        writer.WriteString("Datacenter"u8, deregistration.Datacenter);
        writer.WriteString("Node"u8, deregistration.Node);
        writer.WriteString("ServiceID"u8, deregistration.ServiceId);
        writer.WriteString("CheckID"u8, deregistration.CheckId);
    });

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Map(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, string>? map)
    {
        if (map is null)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (key, value) in map)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }
}
