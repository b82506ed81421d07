using System.Globalization;
using System.Text.Json;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Protocol.Chains;

/// <summary>Writes chains as the wire shows them (services DCH-2 to DCH-4).</summary>
public static class ChainJson
{
    private const string Namespace = "default";

    public static void Write(Utf8JsonWriter writer, DiscoveryChain chain)
    {
        writer.WriteStartObject();
        writer.WriteString("ServiceName", chain.ServiceName);
        writer.WriteString("Namespace", Namespace);
        writer.WriteString("Datacenter", chain.Datacenter);
        writer.TextUnlessEmpty("CustomizationHash"u8, chain.CustomizationHash);
        writer.WriteString("Protocol", chain.Protocol);
        writer.WriteString("StartNode", chain.StartNode);
        WriteMap(writer, "Nodes", chain.Nodes, Write);
        WriteMap(writer, "Targets", chain.Targets, Write);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ChainNode node)
    {
        writer.WriteStartObject();
        writer.WriteString("Type", node.Type);
        writer.WriteString("Name", node.Name);
        if (node.Routes is { } routes)
        {
            WriteList(writer, "Routes", routes, static (writer, route) =>
            {
                writer.WriteStartObject();
                WriteRaw(writer, "Definition", route.Definition);
                writer.WriteString("NextNode", route.NextNode);
                writer.WriteEndObject();
            });
        }

        if (node.Splits is { } splits)
        {
            WriteList(writer, "Splits", splits, static (writer, split) =>
            {
                writer.WriteStartObject();
                WriteRaw(writer, "Weight", split.Weight.ToString("0.##", CultureInfo.InvariantCulture));
                writer.WriteString("NextNode", split.NextNode);
                writer.WriteEndObject();
            });
        }

        if (node.Resolver is { } resolver)
        {
            writer.WriteStartObject("Resolver");
            writer.WriteString("ConnectTimeout", resolver.ConnectTimeout);
            writer.FlagUnlessFalse("Default"u8, resolver.IsDefault);
            writer.WriteString("Target", resolver.Target);
            if (resolver.Failover.Count > 0)
            {
                writer.WriteStartObject("Failover");
                WriteList(writer, "Targets", resolver.Failover, static (writer, target) => writer.WriteStringValue(target));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        if (node.LoadBalancer is { } balancer)
        {
            WriteRaw(writer, "LoadBalancer", balancer);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ChainTarget target)
    {
        writer.WriteStartObject();
        writer.WriteString("ConnectTimeout", target.ConnectTimeout);
        writer.WriteString("ID", target.Id);
        writer.WriteString("Service", target.Service);
        writer.TextUnlessEmpty("ServiceSubset"u8, target.Subset);
        writer.WriteString("Namespace", Namespace);
        writer.WriteString("Datacenter", target.Datacenter);
        writer.WriteStartObject("MeshGateway");
        writer.TextUnlessEmpty("Mode"u8, target.MeshGatewayMode);
        writer.WriteEndObject();
        writer.WriteStartObject("Subset");
        writer.TextUnlessEmpty("Filter"u8, target.Filter);
        writer.FlagUnlessFalse("OnlyPassing"u8, target.OnlyPassing);
        writer.WriteEndObject();
        writer.FlagUnlessFalse("External"u8, target.IsExternal);
        writer.WriteString("SNI", target.Sni);
        writer.WriteString("Name", target.Name);
        writer.WriteEndObject();
    }

    private static void WriteMap<T>(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, T> map, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in map.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(key);
            write(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter writer, string name, IReadOnlyList<T> list, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray(name);
        foreach (var item in list)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    }

    private static void WriteRaw(Utf8JsonWriter writer, string name, string json)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(json, skipInputValidation: true);
    }
}
