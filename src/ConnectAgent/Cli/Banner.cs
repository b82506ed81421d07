using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary>What the agent prints before its log (config-and-cli PROC-1).</summary>
internal static class Banner
{
    public static string Of(AgentConfiguration configuration)
    {
        var ports = configuration.Ports;
        var clients = string.Join(' ', configuration.HttpListeners);
        return $"""
            ==> Starting ConnectAgent...
                   Version: '{ProductVersion.Own}' (API {ProductVersion.Api})
                   Node ID: '{configuration.NodeId}'
                 Node name: '{configuration.NodeName}'
                Datacenter: '{configuration.Datacenter}' (Segment: '<all>')
                    Server: {(configuration.Server ? "true" : "false")} (Bootstrap: {(configuration.Bootstrap ? "true" : "false")})
               Client Addr: [{clients}] (HTTP: {ports["http"]}, HTTPS: {ports["https"]}, gRPC: {ports["grpc"]}, DNS: {ports["dns"]})
              Cluster Addr: {configuration.AdvertiseAddress} (LAN: {ports["serf_lan"]}, WAN: {ports["serf_wan"]})

            ==> Log data will now stream in as it occurs:


            """;
    }
}
