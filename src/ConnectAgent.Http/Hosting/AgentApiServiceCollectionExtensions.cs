using ConnectAgent.Agent;
using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Checks;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Tokens;
using ConnectAgent.Caching;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Acl;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Ca;
using ConnectAgent.Http.CacheInspection;
using ConnectAgent.Http.Catalog;
using ConnectAgent.Http.Chains;
using ConnectAgent.Http.Checks;
using ConnectAgent.Http.ConfigEntries;
using ConnectAgent.Http.Discovery;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Http.Forwarding;
using ConnectAgent.Http.Health;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Leaves;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.LocalServices;
using ConnectAgent.Http.Login;
using ConnectAgent.Http.Metrics;
using ConnectAgent.Http.PreparedQueries;
using ConnectAgent.Http.Revocation;
using ConnectAgent.Http.Roots;
using ConnectAgent.Http.Snapshots;
using ConnectAgent.Http.Status;
using ConnectAgent.Http.Unserved;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Tokens;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Http.Hosting;

/// <summary>One agent with its HTTP API: every feature once, from the servers up to the wire.</summary>
internal static class AgentApiServiceCollectionExtensions
{
    /// <summary>Adds it; an <see cref="ILocalAgent"/> and an <see cref="ILogMonitor"/> come from the caller. <see cref="AgentApplicationExtensions"/> starts it.</summary>
    public static IServiceCollection AddAgentApi(this IServiceCollection services, AgentSetup setup)
    {
        services.AddSingleton(setup);
        services.AddSingleton<LimitMetrics>().AddSingleton(new RecoveryToken(setup.Identity.NodeName)).AddSingleton(setup.Identity);
        if (setup.ControlPlane is { } controlPlane)
        {
            AddControlPlane(services, setup, controlPlane);
        }
        else if (setup.RemoteServers is { } remote)
        {
            services.AddConsulServers(remote.Servers, remote.Tokens).AddForwardingApi();
            if (remote.DelegatesLeaves)
            {
                services.AddSingleton<DelegatedLeafRead>();
            }
        }

        services.AddSingleton(setup.Authorize).AddSingleton(setup.Leaves);
        services.AddConnectAgent(setup.CacheDirectory).Configure(setup.Cache).Configure<CacheOptions>(options => options.FetchLimits = setup.FetchLimits);
        services.AddCatalogSync(new OwnNode(setup.Node), setup.Sync);
        if (setup.UsesCentralConfig)
        {
            services.AddCentralConfig();
        }

        services.AddLocalServices(setup.LocalServices).TryAddSingleton(setup.Blocking);
        services.AddChecks(setup.Checks);
        services.AddHostedService(provider => provider.GetRequiredService<TokenWatcher>());
        services.AddWire(setup.Wire);
        services.AddAuthorizeApi().AddRootsApi().AddLeavesApi();
        services.AddLocalServicesApi().AddChecksApi();
        return services.AddLocalAgentApi(setup.Tokens).AddMetricsApi(new MetricsOptions(setup.PrometheusRetention)).AddCacheInspectionApi();
    }

    private static void AddControlPlane(IServiceCollection services, AgentSetup setup, ControlPlaneSetup controlPlane)
    {
        services.AddControlPlane(controlPlane.Authority, setup.Blocking, controlPlane.Acl, controlPlane.StateDirectory, controlPlane.Snapshots);
        if (setup.Identity.ConnectEnabled)
        {
            services.AddHostedService(provider => provider.GetRequiredService<AuthorityUpkeepService>());
        }

        services.AddEmbeddedServers();
        services.AddAclApi(controlPlane.StateDirectory).AddLoginApi();
        services.AddCaApi().AddRevocationApi();
        services.AddIntentionsApi().AddConfigEntriesApi().AddChainsApi().AddPreparedQueriesApi();
        services.AddCachedDiscovery().AddCatalogApi(new OwnServerOptions(controlPlane.ServerPort)).AddHealthApi();
        services.AddSnapshotsApi().AddStatusApi(new StatusOptions(setup.Node.Id, setup.Node.Name, $"{setup.Node.Address}:{controlPlane.ServerPort}")).AddUnservedApi();
    }
}
