using System.Text.Json.Serialization;

namespace ConnectAgent.Http.LocalAgent;

/// <summary><c>GET /v1/agent/self</c> (services AG-25): every member but <see cref="Xds"/> is an object, because the Go client decodes into maps of maps.</summary>
internal sealed record AgentSelf(
    SelfConfig Config,
    DebugConfig DebugConfig,
    SelfCoordinate Coord,
    SelfMember Member,
    Dictionary<string, Dictionary<string, string>> Stats,
    Dictionary<string, string> Meta,
    [property: JsonPropertyName("xDS")][property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] SelfXds? Xds);

internal sealed record SelfConfig(
    string Datacenter,
    string PrimaryDatacenter,
    string NodeName,
    [property: JsonPropertyName("NodeID")] string NodeId,
    string Revision,
    bool Server,
    string Version,
    string BuildDate);

internal sealed record DebugConfig
{
    [JsonPropertyName("GRPCPort")]
    public required int GrpcPort { get; init; }

    [JsonPropertyName("HTTPPort")]
    public required int HttpPort { get; init; }

    [JsonPropertyName("HTTPSPort")]
    public required int HttpsPort { get; init; }

    [JsonPropertyName("DNSPort")]
    public required int DnsPort { get; init; }

    public required string Datacenter { get; init; }

    public required string NodeName { get; init; }

    [JsonPropertyName("NodeID")]
    public required string NodeId { get; init; }

    public required bool ServerMode { get; init; }

    public required bool DevMode { get; init; }

    public required bool ConnectEnabled { get; init; }

    [JsonPropertyName("ACLsEnabled")]
    public required bool AclsEnabled { get; init; }

    public required bool EnableDebug { get; init; }

    public required Dictionary<string, string> Telemetry { get; init; }

    public required Dictionary<string, string> TaggedAddresses { get; init; }

    public required Dictionary<string, string> Logging { get; init; }
}

internal sealed record SelfCoordinate(double[] Vec, double Error, double Adjustment, double Height);

internal sealed record SelfMember(
    string Name,
    string Addr,
    int Port,
    Dictionary<string, string> Tags,
    int Status,
    int ProtocolMin,
    int ProtocolMax,
    int ProtocolCur,
    int DelegateMin,
    int DelegateMax,
    int DelegateCur);

internal sealed record SelfXds(Dictionary<string, string[]> SupportedProxies, int Port, Dictionary<string, int> Ports);
