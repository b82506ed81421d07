using System.Net;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Client.Api;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Hosting;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Hosting;

/// <summary>Options that are made of more than one feature's keys, or of files that keys name.</summary>
internal static class Bound
{
    public static AgentSetup Setup(AgentConfiguration configuration) => new()
    {
        Identity = new AgentIdentity(
            configuration.Datacenter, configuration.NodeName, configuration.ServesConnect, configuration.Tokens.Default, configuration.DefaultDecision),
        Node = Node(configuration),
        ControlPlane = !configuration.Server ? null : new ControlPlaneSetup
        {
            Authority = configuration.Authority,
            Acl = configuration.Acl,
            StateDirectory = configuration.StateDirectory,
            Snapshots = configuration.Snapshots,
            ServerPort = configuration.Ports["server"],
        },
        RemoteServers = configuration.Server ? null : new(Servers(configuration), configuration.RemoteTokens, configuration.Servers.DelegateLeaf),
        Authorize = configuration.Authorize,
        Leaves = configuration.Leaves,
        LocalServices = configuration.LocalServices,
        Tokens = configuration.Tokens,
        Blocking = configuration.Blocking,
        Checks = Checks(configuration),
        Sync = configuration.Sync,
        UsesCentralConfig = configuration.UsesCentralConfig,
        Wire = configuration.Wire,
        PrometheusRetention = configuration.PrometheusRetention,
        Cache = configuration.Cache,
        FetchLimits = configuration.FetchLimits,
        CacheDirectory = configuration.CacheDirectory,
    };

    /// <summary>The agent's own node (services AE-4).</summary>
    public static CatalogNode Node(AgentConfiguration configuration) => OwnNode.Describe(
        configuration.NodeId, configuration.NodeName, configuration.Datacenter, configuration.AdvertiseAddress, configuration.NodeMeta);

    private static CheckOptions Checks(AgentConfiguration configuration) =>
        configuration.CheckTls is { } files ? configuration.Checks with { Tls = PemFiles.ReadCheckTls(files) } : configuration.Checks;

    /// <summary>How this agent reaches its own API, as any program of this host would.</summary>
    public static ApiOptions OwnApi(AgentConfiguration configuration) => configuration.HttpListeners.Concat(configuration.HttpsListeners).First() switch
    {
        UnixListenAddress unix => new ApiOptions { Address = unix.ToString() },
        TcpListenAddress tcp when configuration.HttpListeners.Contains(tcp) => new ApiOptions { Address = Reachable(tcp) },

        // Its own listener, which need not be called by the name in its certificate.
        var https => new ApiOptions
        {
            Address = "https://" + Reachable((TcpListenAddress)https),
            Verify = false,
            CertificateFile = configuration.Tls.VerifyIncoming ? configuration.Tls.CertificateFile : null,
            KeyFile = configuration.Tls.KeyFile,
        },
    };

    private static string Reachable(TcpListenAddress tcp) => new IPEndPoint(
        tcp.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : tcp.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : tcp.Address, tcp.Port).ToString();

    private static ConsulServerOptions Servers(AgentConfiguration configuration) => new()
    {
        Datacenter = configuration.Datacenter,
        Servers = configuration.Servers.Addresses,
        RequestTime = configuration.Servers.Timeout,
        Tls = PemFiles.ReadServerTls(configuration.Servers),
    };
}
