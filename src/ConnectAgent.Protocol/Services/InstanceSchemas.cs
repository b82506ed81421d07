using System.Text.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Protocol.Services;

/// <summary>A service as its owner asks an agent for it (services REG-1), and as the catalog is told of it (CAT-1).</summary>
internal static class InstanceSchemas
{
    /// <summary>An instance for the catalog.</summary>
    public static SchemaType<NodeService> Catalog { get; } = Instance(
            new ShapeRecord<NodeService>(static () => Body.Empty.Service, isFile: false, "NodeService"),
            "Service",
            isFile: false,
            static of => of,
            static (_, service) => service)
        .Field("Weights", "weights", ShapeTypes.Weights(isFile: false), static (of, weights) => of with { Weights = weights })
        .Field("Connect", "connect", Connect(isFile: false, new UnreadSidecar()), static (of, connect) => of with { IsNative = connect.IsNative })
        .Dropped(ofFiles: false, SchemaTypes.UInt64, "CreateIndex", "ModifyIndex")
        .Type;

    private static RecordType<string> Locality { get; } = new RecordType<string>(static () => string.Empty)
        .Field("region", ShapeTypes.Name, static (of, _) => of)
        .Field("zone", ShapeTypes.Name, static (of, _) => of);

    /// <summary>A service for an agent.</summary>
    /// <param name="isFile">Whether it stands in one of its files.</param>
    public static SchemaType<ServiceDefinition> Definition(bool isFile)
    {
        // A sidecar within a sidecar is refused by a rule (REG-9). Beyond that one nothing is read: no body may exhaust the stack.
        var nested = Definition(isFile, new UnreadSidecar());
        return Definition(isFile, Definition(isFile, nested));
    }

    private static SchemaType<ServiceDefinition> Definition(bool isFile, SchemaType<ServiceDefinition> sidecar)
    {
        var check = CheckSchemas.Nested(isFile);
        var record = new ShapeRecord<Body>(static () => Body.Empty, isFile, "ServiceDefinition");
        Instance(record, "Name", isFile, static of => of.Service, static (of, service) => of with { Service = service })
            .Field(
                "Weights", "weights", ShapeTypes.Weights(isFile),
                static (of, weights) => of with { Service = of.Service with { Weights = weights }, HasWeights = true })
            .Field("Token", "token", ShapeTypes.Name, static (of, token) => of with { Token = token })
            .Field("Check", "check", check, static (of, one) => of with { Check = one })
            .Field(
                "Checks", "checks", new ListType<CheckRequest>(check, ServiceBounds.Checks, goTarget: "of type structs.CheckTypes"),
                static (of, checks) => of with { Checks = checks.Kept() })
            .Field(
                "Connect", "connect", Connect(isFile, sidecar),
                static (of, connect) => of with { Service = of.Service with { IsNative = connect.IsNative }, Sidecar = connect.Sidecar })
            .Dropped(ofFiles: true, ShapeTypes.Name, "namespace", "partition")
            .Dropped(ofFiles: true, Locality, "locality");
        return new MappedType<Body, ServiceDefinition>(record.Type, static body => body.ToDefinition());
    }

    // What both have in common; T holds the instance.
    private static ShapeRecord<T> Instance<T>(
        ShapeRecord<T> record, string nameField, bool isFile, Func<T, NodeService> get, Func<T, NodeService, T> set)
    {
        Add("Kind", "kind", ShapeTypes.Name, static (of, kind) => of with { Kind = kind });
        Add("ID", "id", ShapeTypes.Name, static (of, id) => of with { Id = id });
        Add(nameField, "name", ShapeTypes.Name, static (of, name) => of with { Name = name });
        Add("Tags", "tags", ShapeTypes.Names, static (of, tags) => of with { Tags = tags.Kept() });
        Add("Address", "address", ShapeTypes.Name, static (of, address) => of with { Address = address });
        Add("Meta", "meta", ShapeTypes.Map, static (of, meta) => of with { Meta = meta.Kept() });
        Add("Port", "port", SchemaTypes.Clamped, static (of, port) => of with { Port = port });
        Add("SocketPath", "socket_path", ShapeTypes.Name, static (of, path) => of with { SocketPath = path });
        Add("Proxy", "proxy", ProxySchemas.Of(isFile), static (of, proxy) => of with { Proxy = proxy });
        AddAliased(
            "TaggedAddresses", "tagged_addresses", ShapeTypes.TaggedAddresses(isFile),
            static of => of.TaggedAddresses.Count == 0, static (of, addresses) => of with { TaggedAddresses = addresses.Kept() });
        AddAliased(
            "EnableTagOverride", "enable_tag_override", SchemaTypes.Flag,
            static of => !of.EnableTagOverride, static (of, flag) => of with { EnableTagOverride = flag });
        return record;

        void Add<TValue>(string name, string fileName, SchemaType<TValue> type, Func<NodeService, TValue, NodeService> change) =>
            record.Field(name, fileName, type, (of, value) => set(of, change(get(of), value)));

        // The catalog knows no aliases of them.
        void AddAliased<TValue>(
            string name, string alias, SchemaType<TValue> type, Func<NodeService, bool> isUnset, Func<NodeService, TValue, NodeService> change) =>
            record.Field(name, nameField == "Name" ? [alias] : [], type, of => isUnset(get(of)), (of, value) => set(of, change(get(of), value)));
    }

    private static SchemaType<ConnectBody> Connect(bool isFile, SchemaType<ServiceDefinition> sidecar) =>
        new ShapeRecord<ConnectBody>(static () => default, isFile)
            .Field("Native", "native", SchemaTypes.Flag, static (of, flag) => of with { IsNative = flag })
            .Field(
                "SidecarService", ["sidecar_service"], sidecar, static of => of.Sidecar is null, static (of, given) => of with { Sidecar = given })
            .Type;

    private readonly record struct ConnectBody(bool IsNative, ServiceDefinition? Sidecar);

    private readonly record struct Body(
        NodeService Service, bool HasWeights, CheckRequest Check, IReadOnlyList<CheckRequest> Checks, string Token, ServiceDefinition? Sidecar)
    {
        public static Body Empty { get; } =
            new(new NodeService { Id = string.Empty, Name = string.Empty }, HasWeights: false, CheckRequest.None, [], string.Empty, Sidecar: null);

        public ServiceDefinition ToDefinition() => new()
        {
            Service = Service,
            HasWeights = HasWeights,
            Checks = Check == CheckRequest.None ? Checks : [Check, .. Checks], // REG-11, REG-14
            Token = Token,
            Sidecar = Sidecar,
        };
    }

    private sealed class UnreadSidecar : SchemaType<ServiceDefinition>
    {
        public override ServiceDefinition Empty => Body.Empty.ToDefinition();

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out ServiceDefinition read)
        {
            read = Empty;
            return true;
        }
    }
}
