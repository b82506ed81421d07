using System.Text.Json;

namespace ConnectAgent.Protocol.Services;

/// <summary>What a proxy is configured with. The agent and the catalog differ in what they leave out (services DATA-3, DATA-4, DATA-6).</summary>
internal static class ProxyJson
{
    public static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ProxyConfig proxy, bool isOfAgent)
    {
        writer.WriteStartObject(name);
        writer.TextUnlessEmpty("DestinationServiceName"u8, proxy.DestinationServiceName);
        writer.TextUnlessEmpty("DestinationServiceID"u8, proxy.DestinationServiceId);
        writer.TextUnlessEmpty("LocalServiceAddress"u8, proxy.LocalServiceAddress);
        writer.NumberUnlessZero("LocalServicePort"u8, proxy.LocalServicePort);
        writer.TextUnlessEmpty("LocalServiceSocketPath"u8, proxy.LocalServiceSocketPath);
        if (!isOfAgent || proxy.Mode.Length > 0)
        {
            writer.WriteString("Mode"u8, proxy.Mode);
        }

        if (proxy.TransparentProxy is { } transparent)
        {
            writer.WriteStartObject("TransparentProxy"u8);
            writer.NumberUnlessZero("OutboundListenerPort"u8, transparent.OutboundListenerPort);
            writer.FlagUnlessFalse("DialedDirectly"u8, transparent.DialedDirectly);
            writer.WriteEndObject();
        }

        writer.ConfigUnlessEmpty(proxy.Config);
        if (proxy.Upstreams.Count > 0)
        {
            writer.WriteStartArray("Upstreams"u8);
            foreach (var upstream in proxy.Upstreams)
            {
                Upstream(writer, upstream, isOfAgent);
            }

            writer.WriteEndArray();
        }

        MeshGateway(writer, proxy.MeshGatewayMode);
        Expose(writer, proxy.Expose, isOfAgent);
        writer.WriteEndObject();
    }

    private static void Upstream(Utf8JsonWriter writer, Upstream upstream, bool isOfAgent)
    {
        writer.WriteStartObject();
        if (!isOfAgent || upstream.DestinationType.Length > 0)
        {
            writer.WriteString("DestinationType"u8, upstream.DestinationType);
        }

        writer.TextUnlessEmpty("DestinationNamespace"u8, upstream.DestinationNamespace);
        writer.WriteString("DestinationName"u8, upstream.DestinationName);
        if (!isOfAgent || upstream.Datacenter.Length > 0)
        {
            writer.WriteString("Datacenter"u8, upstream.Datacenter);
        }

        writer.TextUnlessEmpty("LocalBindAddress"u8, upstream.LocalBindAddress);
        writer.NumberUnlessZero("LocalBindPort"u8, upstream.LocalBindPort);
        writer.TextUnlessEmpty("LocalBindSocketPath"u8, upstream.LocalBindSocketPath);
        writer.TextUnlessEmpty("LocalBindSocketMode"u8, upstream.LocalBindSocketMode);
        writer.ConfigUnlessEmpty(upstream.Config);
        MeshGateway(writer, upstream.MeshGatewayMode);
        writer.WriteEndObject();
    }

    private static void MeshGateway(Utf8JsonWriter writer, string mode)
    {
        writer.WriteStartObject("MeshGateway"u8);
        writer.TextUnlessEmpty("Mode"u8, mode);
        writer.WriteEndObject();
    }

    private static void Expose(Utf8JsonWriter writer, ExposeConfig expose, bool isOfAgent)
    {
        writer.WriteStartObject("Expose"u8);
        writer.FlagUnlessFalse("Checks"u8, expose.Checks);
        if (expose.Paths.Count > 0)
        {
            writer.WriteStartArray("Paths"u8);
            foreach (var path in expose.Paths)
            {
                writer.WriteStartObject();
                writer.NumberUnlessZero("ListenerPort"u8, path.ListenerPort);
                writer.TextUnlessEmpty("Path"u8, path.Path);
                writer.NumberUnlessZero("LocalPathPort"u8, path.LocalPathPort);
                writer.TextUnlessEmpty("Protocol"u8, path.Protocol);

                // The agent shows it always (recordings/agent-service-blocking.json, vector2).
                if (isOfAgent || path.ParsedFromCheck)
                {
                    writer.WriteBoolean("ParsedFromCheck"u8, path.ParsedFromCheck);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
