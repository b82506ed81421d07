using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Catalog;

/// <summary>
/// The JSON forms of the catalog's answers (services DATA-5, DATA-6, DATA-8, DATA-9). Fields that nobody here knows are left out; a name that is missing is
/// garbage.
/// </summary>
[JsonSerializable(typeof(AnsweredNode))]
[JsonSerializable(typeof(AnsweredCheck?[]))]
internal sealed partial class CatalogJson : JsonSerializerContext;

/// <summary>The answer about a node (services CAT-14).</summary>
internal sealed record AnsweredNode
{
    public NodePart? Node { get; init; }

    public Dictionary<string, ServicePart>? Services { get; init; }

    /// <summary>The node and its services.</summary>
    /// <exception cref="Protocol.Errors.ServerException">Garbage.</exception>
    public NodeView ToView(ConsulAnswer answer) => Node is null || Services?.Values.Any(static service => service is null) == true
        ? throw answer.Garbage("no node of the catalog")
        : new NodeView(Node.ToNode(), (Services ?? []).ToDictionary(static pair => pair.Key, static pair => pair.Value.ToService(), StringComparer.Ordinal));

    internal sealed record NodePart
    {
        [JsonPropertyName("ID")]
        public string? Id { get; init; }

        public required string Node { get; init; }

        public string? Address { get; init; }

        public string? Datacenter { get; init; }

        public Dictionary<string, string>? TaggedAddresses { get; init; }

        public Dictionary<string, string>? Meta { get; init; }

        public ulong CreateIndex { get; init; }

        public ulong ModifyIndex { get; init; }

        public CatalogNode ToNode() => new()
        {
            Id = Id ?? string.Empty,
            Name = Node,
            Address = Address ?? string.Empty,
            Datacenter = Datacenter ?? string.Empty,
            TaggedAddresses = TaggedAddresses,
            Meta = Meta,
            CreateIndex = CreateIndex,
            ModifyIndex = ModifyIndex,
        };
    }

    internal sealed record ServicePart
    {
        public string? Kind { get; init; }

        [JsonPropertyName("ID")]
        public required string Id { get; init; }

        public required string Service { get; init; }

        public string[]? Tags { get; init; }

        public string? Address { get; init; }

        public Dictionary<string, ServiceAddress>? TaggedAddresses { get; init; }

        public Dictionary<string, string>? Meta { get; init; }

        public int Port { get; init; }

        public string? SocketPath { get; init; }

        public ServiceWeights? Weights { get; init; }

        public bool EnableTagOverride { get; init; }

        public ProxyPart? Proxy { get; init; }

        public ConnectPart? Connect { get; init; }

        public ulong CreateIndex { get; init; }

        public ulong ModifyIndex { get; init; }

        public NodeService ToService()
        {
            var none = new NodeService { Id = Id, Name = Service };
            return none with
            {
                Kind = Kind ?? ServiceKinds.Typical,
                Tags = Tags ?? [],
                Address = Address ?? string.Empty,
                TaggedAddresses = TaggedAddresses ?? none.TaggedAddresses,
                Meta = Meta ?? none.Meta,
                Port = Port,
                SocketPath = SocketPath ?? string.Empty,
                Weights = Weights ?? ServiceWeights.Default,
                EnableTagOverride = EnableTagOverride,
                Proxy = Proxy?.ToProxy(),
                IsNative = Connect?.Native == true,
                CreateIndex = CreateIndex,
                ModifyIndex = ModifyIndex,
            };
        }
    }

    internal sealed record ConnectPart(bool Native);

    internal sealed record MeshGatewayPart(string? Mode);

    internal sealed record ExposePart(bool Checks, ExposePath[]? Paths);

    internal sealed record ProxyPart
    {
        public string? DestinationServiceName { get; init; }

        [JsonPropertyName("DestinationServiceID")]
        public string? DestinationServiceId { get; init; }

        public string? LocalServiceAddress { get; init; }

        public int LocalServicePort { get; init; }

        public string? LocalServiceSocketPath { get; init; }

        public string? Mode { get; init; }

        public TransparentProxy? TransparentProxy { get; init; }

        public JsonElement Config { get; init; }

        public UpstreamPart?[]? Upstreams { get; init; }

        public MeshGatewayPart? MeshGateway { get; init; }

        public ExposePart? Expose { get; init; }

        public ProxyConfig ToProxy() => new()
        {
            DestinationServiceName = DestinationServiceName ?? string.Empty,
            DestinationServiceId = DestinationServiceId ?? string.Empty,
            LocalServiceAddress = LocalServiceAddress ?? string.Empty,
            LocalServicePort = LocalServicePort,
            LocalServiceSocketPath = LocalServiceSocketPath ?? string.Empty,
            Mode = Mode ?? string.Empty,
            TransparentProxy = TransparentProxy,
            Config = TextOf(Config),
            Upstreams = [.. (Upstreams ?? []).Select(static upstream => upstream?.ToUpstream() ?? new Upstream())],
            MeshGatewayMode = MeshGateway?.Mode ?? string.Empty,
            Expose = Expose is null ? ExposeConfig.Empty : new ExposeConfig(Expose.Checks, Expose.Paths ?? []),
        };
    }

    internal sealed record UpstreamPart
    {
        public string? DestinationType { get; init; }

        public string? DestinationNamespace { get; init; }

        public string? DestinationName { get; init; }

        public string? Datacenter { get; init; }

        public string? LocalBindAddress { get; init; }

        public int LocalBindPort { get; init; }

        public string? LocalBindSocketPath { get; init; }

        public string? LocalBindSocketMode { get; init; }

        public JsonElement Config { get; init; }

        public MeshGatewayPart? MeshGateway { get; init; }

        public Upstream ToUpstream() => new()
        {
            DestinationType = DestinationType ?? string.Empty,
            DestinationNamespace = DestinationNamespace ?? string.Empty,
            DestinationName = DestinationName ?? string.Empty,
            Datacenter = Datacenter ?? string.Empty,
            LocalBindAddress = LocalBindAddress ?? string.Empty,
            LocalBindPort = LocalBindPort,
            LocalBindSocketPath = LocalBindSocketPath ?? string.Empty,
            LocalBindSocketMode = LocalBindSocketMode ?? string.Empty,
            Config = TextOf(Config),
            MeshGatewayMode = MeshGateway?.Mode ?? string.Empty,
        };
    }

    // An empty object is what the wire has for none.
    private static string? TextOf(JsonElement config) =>
        config.ValueKind == JsonValueKind.Object && config.EnumerateObject().Any() ? SortedJson.Of(config) : null;
}

/// <summary>A check of an answer; how it is looked at is not read, for agents never tell.</summary>
internal sealed record AnsweredCheck
{
    public string? Node { get; init; }

    [JsonPropertyName("CheckID")]
    public required string CheckId { get; init; }

    public string? Name { get; init; }

    public string? Status { get; init; }

    public string? Notes { get; init; }

    public string? Output { get; init; }

    [JsonPropertyName("ServiceID")]
    public string? ServiceId { get; init; }

    public string? ServiceName { get; init; }

    public string[]? ServiceTags { get; init; }

    public string? Type { get; init; }

    public string? Interval { get; init; }

    public string? Timeout { get; init; }

    public int ExposedPort { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    public HealthCheck ToCheck() => new()
    {
        Node = Node ?? string.Empty,
        CheckId = CheckId,
        Name = Name ?? string.Empty,
        Status = Status ?? string.Empty,
        Notes = Notes ?? string.Empty,
        Output = Output ?? string.Empty,
        ServiceId = ServiceId ?? string.Empty,
        ServiceName = ServiceName ?? string.Empty,
        ServiceTags = ServiceTags ?? [],
        Type = Type ?? string.Empty,
        Interval = Interval ?? string.Empty,
        Timeout = Timeout ?? string.Empty,
        ExposedPort = ExposedPort,
        CreateIndex = CreateIndex,
        ModifyIndex = ModifyIndex,
    };
}
