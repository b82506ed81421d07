using ConnectAgent.Configuration;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Telemetry;

namespace ConnectAgent.Cli;

/// <summary>What the agent prints before its log (config-and-cli PROC-1).</summary>
internal static class Banner
{
    public static string Of(AgentConfiguration configuration)
    {
        var clients = string.Join(' ', configuration.HttpListeners.Concat(configuration.HttpsListeners));
        return $"""
            ==> Starting ConnectAgent...
                   Version: '{ProductVersion.Own}' (API {ApiVersion.Number})
                   Node ID: '{configuration.NodeId}'
                 Node name: '{configuration.NodeName}'
                Datacenter: '{configuration.Datacenter}' (Segment: '<all>')
                    Server: {(configuration.Server ? "true" : "false")} (Bootstrap: {(configuration.Bootstrap ? "true" : "false")})
               Client Addr: [{clients}] (HTTP: {PortOf(configuration.HttpListeners)}, HTTPS: {PortOf(configuration.HttpsListeners)}, gRPC: -1, DNS: -1)
              Cluster Addr: {configuration.AdvertiseAddress} (LAN: -1, WAN: -1)

            ==> Log data will now stream in as it occurs:


            """;
    }

    // What listens, and nothing else: gRPC, DNS and the cluster's ports are never opened.
    private static int PortOf(IEnumerable<ListenAddress> listeners) => listeners.OfType<TcpListenAddress>().FirstOrDefault()?.Port ?? -1;
}
