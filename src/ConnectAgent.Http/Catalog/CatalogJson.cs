using System.Text.Json;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.Catalog;

/// <summary>The JSON forms of answers of the catalog; those of nodes, services and checks are in <see cref="ServiceJson"/>.</summary>
internal static class CatalogJson
{
    public static void List<T>(Utf8JsonWriter writer, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray();
        foreach (var item in items)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    }

    /// <summary>A member of the object of names (CAT-11).</summary>
    public static void Tags(Utf8JsonWriter writer, ServiceTags service)
    {
        writer.WritePropertyName(service.Name);
        List(writer, service.Tags, static (writer, tag) => writer.WriteStringValue(tag));
    }

    /// <summary>A service that a gateway leads to (CAT-15).</summary>
    public static void GatewayService(Utf8JsonWriter writer, GatewayLink link)
    {
        writer.WriteStartObject();
        Named("Gateway"u8, link.Gateway);
        Named("Service"u8, link.Service);
        writer.WriteString("GatewayKind"u8, link.Kind);
        if (link.Port > 0)
        {
            writer.WriteNumber("Port"u8, link.Port);
        }

        TextUnlessEmpty("Protocol"u8, link.Protocol);
        if (link.Hosts.Count > 0)
        {
            writer.WritePropertyName("Hosts"u8);
            List(writer, link.Hosts, static (writer, host) => writer.WriteStringValue(host));
        }

        TextUnlessEmpty("CAFile"u8, link.CaFile);
        TextUnlessEmpty("CertFile"u8, link.CertFile);
        TextUnlessEmpty("KeyFile"u8, link.KeyFile);
        TextUnlessEmpty("SNI"u8, link.Sni);
        if (link.IsFromWildcard)
        {
            writer.WriteBoolean("FromWildcard"u8, true);
        }

        writer.WriteNumber("CreateIndex"u8, link.CreateIndex);
        writer.WriteNumber("ModifyIndex"u8, link.ModifyIndex);
        writer.WriteEndObject();

        void Named(ReadOnlySpan<byte> key, string name)
        {
            writer.WriteStartObject(key);
            writer.WriteString("Name"u8, name);
            writer.WriteEndObject();
        }

        void TextUnlessEmpty(ReadOnlySpan<byte> key, string text)
        {
            if (text.Length > 0)
            {
                writer.WriteString(key, text);
            }
        }
    }
}
