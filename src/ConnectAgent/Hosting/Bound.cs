using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Caching;
using ConnectAgent.Client.Servers;
using ConnectAgent.Configuration;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Status;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Hosting;

/// <summary>The configuration as each feature's own options: no feature knows of the others' keys.</summary>
internal static class Bound
{
    public static AgentIdentity Identity(AgentConfiguration configuration) => new(
        configuration.Datacenter, configuration.NodeName, configuration.ServesConnect, configuration.AclDefaultToken, configuration.DefaultDecision);

    public static StatusOptions Status(AgentConfiguration configuration) =>
        new(configuration.NodeId, configuration.NodeName, $"{configuration.AdvertiseAddress}:{configuration.Ports["server"]}");

    public static ConsulServerOptions Servers(AgentConfiguration configuration) => new()
    {
        Datacenter = configuration.Datacenter,
        Servers = configuration.Servers.Addresses,
        RequestTime = configuration.Servers.Timeout,
        Tls = PemFiles.ReadServerTls(configuration.Servers),
    };
}
