using System.Text.Json;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.PreparedQueries;

/// <summary>How the wire shows prepared queries and what they find (services PQ-2, PQ-4).</summary>
internal static class PreparedQueryJson
{
    // No text before it has a quote that is not escaped.
    private static ReadOnlySpan<byte> EmptyNodes => "\"Nodes\":[]"u8;

    /// <summary>A query.</summary>
    public static void Write(Utf8JsonWriter writer, PreparedQuery query)
    {
        writer.WriteStartObject();
        writer.WriteString("ID"u8, query.Id);
        writer.WriteString("Name"u8, query.Name);
        writer.WriteString("Session"u8, query.Session);
        writer.WriteString("Token"u8, query.Token);
        writer.WriteStartObject("Template"u8);
        writer.WriteString("Type"u8, query.Template.Type);
        writer.WriteString("Regexp"u8, query.Template.Regexp);
        writer.WriteBoolean("RemoveEmptyTags"u8, query.Template.RemoveEmptyTags);
        writer.WriteEndObject();
        Write(writer, query.Service);
        WriteDns(writer, query.DnsTtl);
        writer.WriteNumber("CreateIndex"u8, query.CreateIndex);
        writer.WriteNumber("ModifyIndex"u8, query.ModifyIndex);
        writer.WriteEndObject();
    }

    /// <summary>What a query stands for under a name (PQ-8).</summary>
    public static void WriteExplanation(Utf8JsonWriter writer, PreparedQuery query, Consistency consistency)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("Query"u8);
        Write(writer, query);
        WriteReadMembers(writer, consistency);
        writer.WriteEndObject();
    }

    /// <summary>What a query found; lists inside an instance that have nothing are null. All that passes the query counts as passing (PQ-5).</summary>
    public static DiscoveryList ListOf(QueryResult result, Consistency consistency)
    {
        var around = WireReply.Render(writer => Write(writer, result, consistency), pretty: false);
        var list = around.Span.IndexOf(EmptyNodes) + EmptyNodes.Length - 1;
        return DiscoveryList.Of(
            around[..list],
            around[list..],
            result.Nodes.Select(static instance => new DiscoveryItem(
                instance.Node.Name,
                instance.Service.Name,
                IsPassing: true,
                WireReply.Render(writer => ServiceJson.FoundInstance(writer, instance), pretty: false))),
            result.IsFiltered);
    }

    // Without its instances, which are put in.
    private static void Write(Utf8JsonWriter writer, QueryResult result, Consistency consistency)
    {
        writer.WriteStartObject();
        writer.WriteString("Service"u8, result.Service);
        writer.WriteStartArray("Nodes"u8);
        writer.WriteEndArray();
        WriteDns(writer, result.DnsTtl);
        writer.WriteString("Datacenter"u8, result.Datacenter);
        writer.WriteNumber("Failovers"u8, result.Failovers);
        WriteReadMembers(writer, consistency);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, QueriedService service)
    {
        writer.WriteStartObject("Service"u8);
        writer.WriteString("Service"u8, service.Service);
        writer.WriteStartObject("Failover"u8);
        writer.WriteNumber("NearestN"u8, service.NearestN);
        Write(writer, "Datacenters"u8, service.Datacenters);
        writer.WriteEndObject();
        writer.WriteBoolean("OnlyPassing"u8, service.OnlyPassing);
        Write(writer, "IgnoreCheckIDs"u8, service.IgnoreCheckIds);
        writer.WriteString("Near"u8, service.Near);
        Write(writer, "Tags"u8, service.Tags);
        Write(writer, "NodeMeta"u8, service.NodeMeta);
        Write(writer, "ServiceMeta"u8, service.ServiceMeta);
        writer.WriteBoolean("Connect"u8, service.Connect);
        writer.WriteEndObject();
    }

    private static void WriteDns(Utf8JsonWriter writer, string lifetime)
    {
        writer.WriteStartObject("DNS"u8);
        writer.WriteString("TTL"u8, lifetime);
        writer.WriteEndObject();
    }

    // The reference's reply holds the options of its reads as well.
    private static void WriteReadMembers(Utf8JsonWriter writer, Consistency consistency)
    {
        writer.WriteNumber("Index"u8, 1);
        writer.WriteNumber("LastContact"u8, 0);
        writer.WriteBoolean("KnownLeader"u8, true);
        writer.WriteString("ConsistencyLevel"u8, WireReply.NameOf(consistency));
        writer.WriteBoolean("NotModified"u8, false);
        writer.WriteNumber("Backend"u8, 0);
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string>? map)
    {
        if (map is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (key, value) in map.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }
}
