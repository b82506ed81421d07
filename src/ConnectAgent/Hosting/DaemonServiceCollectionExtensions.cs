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
using ConnectAgent.Configuration;
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
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using ConnectAgent.Telemetry;
using ConnectAgent.Watches;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ConnectAgent.Hosting;

/// <summary>The composition root: every feature once, from the servers up to the wire.</summary>
internal static class DaemonServiceCollectionExtensions
{
    public static void AddDaemon(this IServiceCollection services, AgentConfiguration configuration)
    {
        services.AddSingleton<LimitMetrics>().AddSingleton(new RecoveryToken(configuration.NodeName)).AddSingleton(Bound.Identity(configuration));
        if (configuration.Server)
        {
            AddControlPlane(services, configuration);
        }
        else
        {
            services.AddConsulServers(Bound.Servers(configuration), configuration.RemoteTokens).AddForwardingApi();
            if (configuration.Servers.DelegateLeaf)
            {
                services.AddSingleton<DelegatedLeafRead>();
            }
        }

        services.AddSingleton(configuration.Authorize).AddSingleton(configuration.Leaves);
        services.AddConnectAgent(configuration.CacheDirectory).Configure(configuration.Cache)
            .Configure<CacheOptions>(options => options.FetchLimits = configuration.FetchLimits);
        services.AddCatalogSync(new OwnNode(Bound.Node(configuration)), configuration.Sync);
        if (configuration.UsesCentralConfig)
        {
            services.AddCentralConfig();
        }

        services.AddLocalServices(configuration.LocalServices).TryAddSingleton(configuration.Blocking);
        services.AddChecks(Bound.Checks(configuration));
        services.AddHostedService(provider => provider.GetRequiredService<TokenWatcher>());
        services.AddSingleton<BlockPools>().AddSingleton<IMemoryPoolFactory<byte>>(provider => provider.GetRequiredService<BlockPools>());
        services.AddHostedService<IdleMemory>();

        services.AddWire(configuration.Wire);
        services.AddAuthorizeApi().AddRootsApi().AddLeavesApi();
        services.AddLocalServicesApi().AddChecksApi();
        services.AddLocalAgentApi(configuration.Tokens).AddMetricsApi(new MetricsOptions(configuration.PrometheusRetention)).AddCacheInspectionApi();
        services.AddWatches(configuration.Watches, Bound.OwnApi(configuration));
        services.AddOtlpExport(configuration.OtlpEndpoint);
    }

    private static void AddControlPlane(IServiceCollection services, AgentConfiguration configuration)
    {
        services.AddControlPlane(
            configuration.Authority,
            configuration.Blocking,
            configuration.Acl,
            configuration.StateDirectory,
            configuration.Snapshots);
        if (configuration.ConnectEnabled)
        {
            services.AddHostedService(provider => provider.GetRequiredService<AuthorityUpkeepService>());
        }

        services.AddEmbeddedServers();
        services.AddAclApi(configuration.StateDirectory).AddLoginApi();
        services.AddCaApi().AddRevocationApi();
        services.AddIntentionsApi().AddConfigEntriesApi().AddChainsApi().AddPreparedQueriesApi();
        services.AddCachedDiscovery().AddCatalogApi(Bound.OwnServer(configuration)).AddHealthApi();
        services.AddSnapshotsApi().AddStatusApi(Bound.Status(configuration)).AddUnservedApi();
    }
}
