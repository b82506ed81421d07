namespace ConnectAgent.Protocol.Services;

/// <summary>The types of checks, as <see cref="HealthCheck.Type"/> shows them (services CHK-8).</summary>
public static class CheckTypes
{
    public const string Grpc = "grpc";

    public const string Http = "http";

    public const string Ttl = "ttl";

    public const string Tcp = "tcp";

    public const string Udp = "udp";

    public const string Alias = "alias";

    public const string Docker = "docker";

    public const string Script = "script";

    public const string H2Ping = "h2ping";

    public const string OsService = "os_service";

    /// <summary>Of the checks of maintenance (AG-2, AG-3); no definition has it.</summary>
    public const string Maintenance = "maintenance";

    /// <summary>The first type in order that a definition has what is needed for; empty for none.</summary>
    public static string Of(CheckDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition switch
        {
            { Grpc.Length: > 0 } => Grpc,
            { Http.Length: > 0 } => Http,
            { Ttl.Nanoseconds: > 0 } => Ttl,
            { Tcp.Length: > 0 } => Tcp,
            { Udp.Length: > 0 } => Udp,
            { AliasNode.Length: > 0 } or { AliasService.Length: > 0 } => Alias,
            { DockerContainerId.Length: > 0, ScriptArgs.Count: > 0 } => Docker,
            { ScriptArgs.Count: > 0 } => Script,
            { H2Ping.Length: > 0 } => H2Ping,
            { OsService.Length: > 0 } => OsService,
            _ => string.Empty,
        };
    }
}
