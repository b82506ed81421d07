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

    public static WireOptions Wire(AgentConfiguration configuration) => new()
    {
        AlwaysPretty = configuration.DevMode,
        UseCache = configuration.UseHttpCache,
        DefaultPolicy = configuration.AclDefaultPolicy,
        ResponseHeaders = configuration.ResponseHeaders,
        TakesUnprintable = configuration.DisableUnprintableFilter,
        BlockedPaths = configuration.BlockEndpoints,
        Writers = configuration.AllowWriteHttpFrom,
        CheckHost = configuration.CheckHost,
        AllowedHosts = configuration.AllowedHosts,
    };

    public static AgentTokenOptions Tokens(AgentConfiguration configuration) => new(
        configuration.AclEnabled,
        configuration.AclDefaultToken,
        configuration.AclRecoveryToken,
        configuration.PersistTokens ? configuration.StateDirectory : null);

    public static StatusOptions Status(AgentConfiguration configuration) =>
        new(configuration.NodeId, configuration.NodeName, $"{configuration.AdvertiseAddress}:{configuration.Ports["server"]}");

    public static ConsulServerOptions Servers(AgentConfiguration configuration) => new()
    {
        Datacenter = configuration.Datacenter,
        Servers = configuration.Servers.Addresses,
        RequestTime = configuration.Servers.Timeout,
        Tls = PemFiles.ReadServerTls(configuration.Servers),
    };

    public static RemoteTokenOptions RemoteTokens(AgentConfiguration configuration) => new()
    {
        Enabled = configuration.AclEnabled,
        DefaultAllow = configuration.AclDefaultPolicy == "allow",
        DownPolicy = configuration.AclDownPolicy,
        Ttl = new[] { configuration.AclTokenTtl, configuration.AclPolicyTtl, configuration.AclRoleTtl }.Min(),
    };

    public static AuthorityOptions Authority(AgentConfiguration configuration) => new()
    {
        ClusterId = configuration.ClusterId,
        Datacenter = configuration.Datacenter,
        Configuration = configuration.CaConfig,
        AutoRotate = configuration.CaAutoRotate,
        ShowSecrets = configuration.ShowCaSecrets,
    };

    public static AclOptions Acl(AgentConfiguration configuration) => new()
    {
        Enabled = configuration.AclEnabled,
        DefaultAllow = configuration.AclDefaultPolicy == "allow",
        ManagementToken = configuration.AclManagementToken,
        Datacenter = configuration.Datacenter,
        TokenTtl = configuration.AclTokenTtl,
        StrictRules = configuration.AclStrictRules,
    };

    public static void Cache(AgentConfiguration configuration, CacheOptions options)
    {
        options.MaxEntries = configuration.CacheMaxEntries;
        options.MaxEntriesPerToken = configuration.CacheMaxEntriesPerToken;
        options.MaxBytes = configuration.CacheMaxBytes;
        options.MaxBytesPerToken = configuration.CacheMaxBytesPerToken;
        options.FetchLimits = configuration.FetchLimits;
    }
}
