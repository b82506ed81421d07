using System.Text.Json;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.PreparedQueries;

/// <summary>The body of a prepared query (services PQ-2). What only newer servers have is taken when it is empty.</summary>
internal static class PreparedQueryBody
{
    private static readonly SchemaType<string> Text = SchemaTypes.TextOf(ServiceBounds.Name);

    private static readonly SchemaType<List<string>> Texts = new ListType<string>(Text, ServiceBounds.Entries, goTarget: "of type []string");

    private static readonly SchemaType<Dictionary<string, string>> Meta =
        new MapType<string>(Text, ServiceBounds.Entries, ServiceBounds.Name, "of type map[string]string");

    private static readonly SchemaType<QueryTemplate> Template = new RecordType<QueryTemplate>(
            static () => QueryTemplate.None, goTarget: "of type structs.QueryTemplateOptions")
        .Field("Type", Text, static (template, type) => template with { Type = type })
        .Field("Regexp", Text, static (template, pattern) => template with { Regexp = pattern })
        .Field("RemoveEmptyTags", SchemaTypes.Flag, static (template, remove) => template with { RemoveEmptyTags = remove });

    private static readonly SchemaType<QueriedService> Failover = new RecordType<QueriedService>(
            static () => QueriedService.None, goTarget: "of type structs.QueryDatacenterOptions")
        .Field("NearestN", SchemaTypes.Int32, static (service, count) => service with { NearestN = count })
        .Field("Datacenters", Texts, static (service, names) => service with { Datacenters = names })
        .Field("Targets", EmptyOnly.Instance, static (service, _) => service);

    private static readonly SchemaType<QueriedService> Service = new RecordType<QueriedService>(
            static () => QueriedService.None, goTarget: "of type structs.ServiceQuery")
        .Field("Service", Text, static (service, name) => service with { Service = name })
        .Field("Failover", Failover, static (service, read) => service with { NearestN = read.NearestN, Datacenters = read.Datacenters })
        .Field("OnlyPassing", SchemaTypes.Flag, static (service, only) => service with { OnlyPassing = only })
        .Field("IgnoreCheckIDs", Texts, static (service, ids) => service with { IgnoreCheckIds = ids })
        .Field("Near", Text, static (service, near) => service with { Near = near })
        .Field("Tags", Texts, static (service, tags) => service with { Tags = tags })
        .Field("NodeMeta", Meta, static (service, meta) => service with { NodeMeta = meta })
        .Field("ServiceMeta", Meta, static (service, meta) => service with { ServiceMeta = meta })
        .Field("Connect", SchemaTypes.Flag, static (service, connect) => service with { Connect = connect })
        .Field("Peer", EmptyOnly.Instance, static (service, _) => service)
        .Field("SamenessGroup", EmptyOnly.Instance, static (service, _) => service);

    private static readonly SchemaType<string> Dns = new RecordType<string>(static () => string.Empty, goTarget: "of type structs.QueryDNSOptions")
        .Field("TTL", Text, static (_, lifetime) => lifetime);

    /// <summary>Of the body.</summary>
    public static SchemaType<PreparedQuery> Schema { get; } = new RecordType<PreparedQuery>(
            static () => new PreparedQuery(), "PreparedQuery", "of type structs.PreparedQuery")
        .Field("ID", Text, static (query, id) => query with { Id = id })
        .Field("Name", Text, static (query, name) => query with { Name = name })
        .Field("Session", Text, static (query, session) => query with { Session = session })
        .Field("Token", Text, static (query, token) => query with { Token = token })
        .Field("Template", Template, static (query, template) => query with { Template = template })
        .Field("Service", Service, static (query, service) => query with { Service = service })
        .Field("DNS", Dns, static (query, lifetime) => query with { DnsTtl = lifetime })
        .Dropped(SchemaTypes.UInt64, "CreateIndex", "ModifyIndex");

    /// <summary>A field of newer servers: whatever is in it cannot be acted on.</summary>
    private sealed class EmptyOnly : SchemaType<bool>
    {
        public static EmptyOnly Instance { get; } = new();

        public override bool Empty => false;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out bool read)
        {
            read = value.ValueKind switch
            {
                JsonValueKind.String => value.ValueEquals(string.Empty),
                JsonValueKind.Array => value.GetArrayLength() == 0,
                _ => false,
            };
            if (!read)
            {
                decoding.Unknown(string.Empty);
            }

            return read;
        }
    }
}
