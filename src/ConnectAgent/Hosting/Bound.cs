using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Client.Servers;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Catalog;
using ConnectAgent.Http.Status;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Hosting;

/// <summary>Options that are made of more than one feature's keys, or of files that keys name.</summary>
internal static class Bound
{
    public static AgentIdentity Identity(AgentConfiguration configuration) => new(
        configuration.Datacenter, configuration.NodeName, configuration.ServesConnect, configuration.Tokens.Default, configuration.DefaultDecision);

    /// <summary>The agent's own node (services AE-4).</summary>
    public static CatalogNode Node(AgentConfiguration configuration) => OwnNode.Describe(
        configuration.NodeId, configuration.NodeName, configuration.Datacenter, configuration.AdvertiseAddress, configuration.NodeMeta);

    public static OwnServerOptions OwnServer(AgentConfiguration configuration) => new(configuration.Ports["server"]);

    public static StatusOptions Status(AgentConfiguration configuration) =>
        new(configuration.NodeId, configuration.NodeName, $"{configuration.AdvertiseAddress}:{configuration.Ports["server"]}");

    public static CheckOptions Checks(AgentConfiguration configuration) =>
        configuration.CheckTls is { } files ? configuration.Checks with { Tls = PemFiles.ReadCheckTls(files) } : configuration.Checks;

    public static ConsulServerOptions Servers(AgentConfiguration configuration) => new()
    {
        Datacenter = configuration.Datacenter,
        Servers = configuration.Servers.Addresses,
        RequestTime = configuration.Servers.Timeout,
        Tls = PemFiles.ReadServerTls(configuration.Servers),
    };
}
