using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services;

/// <summary>How checks are looked at, as the wire names it (services CHK-8).</summary>
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

    /// <summary>Of the check of a maintenance mode (AG-2).</summary>
    public const string Maintenance = "maintenance";

    /// <summary>The one that a definition says; of several the first in the order of CHK-8. Empty when it says none.</summary>
    public static string Of(CheckDefinition definition) =>
        definition.Grpc.Length > 0 ? Grpc
        : definition.Http.Length > 0 ? Http
        : definition.Ttl > ExactDuration.Zero ? Ttl
        : definition.Tcp.Length > 0 ? Tcp
        : definition.Udp.Length > 0 ? Udp
        : definition.AliasNode.Length > 0 || definition.AliasService.Length > 0 ? Alias
        : definition.DockerContainerId.Length > 0 ? Docker
        : definition.ScriptArgs.Count > 0 ? Script
        : definition.H2Ping.Length > 0 ? H2Ping
        : definition.OsService.Length > 0 ? OsService
        : string.Empty;
}
