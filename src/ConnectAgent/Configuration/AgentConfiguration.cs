using System.Globalization;
using System.Net;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Caching;
using ConnectAgent.Client.Servers;
using ConnectAgent.Hosting;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.State;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>The agent's configuration, checked and complete. docs/configuration.md lists every key, its unit and its default.</summary>
internal sealed record AgentConfiguration
{
    public required bool DevMode { get; init; }

    public required string NodeName { get; init; }

    /// <summary>A lower-case UUID; empty until the start gives it one, unless it is configured.</summary>
    public required string NodeId { get; init; }

    public required IReadOnlyDictionary<string, string> NodeMeta { get; init; }

    /// <summary>Lower case.</summary>
    public required string Datacenter { get; init; }

    public required string PrimaryDatacenter { get; init; }

    public required bool Server { get; init; }

    /// <summary>The servers of an agent without a control plane.</summary>
    public required ServerSettings Servers { get; init; }

    public required bool Bootstrap { get; init; }

    public required string BindAddress { get; init; }

    public required string AdvertiseAddress { get; init; }

    /// <summary>Where plain HTTP is served; empty when it is off.</summary>
    public required IReadOnlyList<ListenAddress> HttpListeners { get; init; }

    /// <summary>Where HTTPS is served; empty when it is off, or has no certificate (clients LAUNCH-3).</summary>
    public required IReadOnlyList<ListenAddress> HttpsListeners { get; init; }

    /// <summary>TLS of the HTTPS listeners.</summary>
    public required TlsSettings Tls { get; init; }

    /// <summary>Bytes of a request's headers; null: as many as the product takes (HCFG-1).</summary>
    public required int? MaxHeaderBytes { get; init; }

    /// <summary>Written where there is no entry of the name; none without a control plane.</summary>
    public required IReadOnlyList<BootstrapEntry> BootstrapEntries { get; init; }

    /// <summary>Concurrent connections of one client address; non-positive is no limit (http-conventions CONN-1).</summary>
    public required int MaxConnectionsPerClient { get; init; }

    /// <summary>Whether <c>Host</c> must be one of ours (http-conventions SEC-2).</summary>
    public required bool CheckHost { get; init; }

    /// <summary>Names besides <c>localhost</c> and the listeners' addresses.</summary>
    public required IReadOnlyList<string> AllowedHosts { get; init; }

    public required int CacheMaxEntries { get; init; }

    public required int CacheMaxEntriesPerToken { get; init; }

    public required long CacheMaxBytes { get; init; }

    public required long CacheMaxBytesPerToken { get; init; }

    /// <summary>Fetches of one cache entry (agent-cache CACHE-20).</summary>
    public required FetchLimits FetchLimits { get; init; }

    /// <summary>0: Prometheus text is refused (services AG-27).</summary>
    public required TimeSpan PrometheusRetention { get; init; }

    /// <summary>Where traces and metrics are sent; null: nowhere, and nothing is traced.</summary>
    public required Uri? OtlpEndpoint { get; init; }

    /// <summary>Where the control plane's state is kept; null: in memory.</summary>
    public required string? StateDirectory { get; init; }

    /// <summary>Of the rows of a snapshot, unpacked.</summary>
    public required long SnapshotMaxBytes { get; init; }

    /// <summary>Where the cache is sealed; null when it is not.</summary>
    public required string? CacheDirectory { get; init; }

    /// <summary>As configured; −1 is off.</summary>
    public required IReadOnlyDictionary<string, int> Ports { get; init; }

    public required UnixFileMode SocketMode { get; init; }

    public required bool ConnectEnabled { get; init; }

    /// <summary>Whether it is off because nobody said a word.</summary>
    public required bool IsConnectForgotten { get; init; }

    /// <summary>Whether this agent answers Connect's endpoints: one without a control plane does in any case, for its servers decide (FA-40).</summary>
    public bool ServesConnect => ConnectEnabled || !Server;

    /// <summary>Null: a random one.</summary>
    public required string? ClusterId { get; init; }

    /// <summary><c>connect.ca_config</c> over the defaults, JSON. May hold a key: never printed.</summary>
    public required string CaConfig { get; init; }

    /// <summary>Whether the CA's configuration is answered with its secrets (ca CA-35).</summary>
    public required bool ShowCaSecrets { get; init; }

    /// <summary>Whether a generated root is replaced before it expires (ca section 10).</summary>
    public required bool CaAutoRotate { get; init; }

    /// <summary>A fixed delay in place of the draw after a rotation; null: drawn (leaf-certificates LEAF-47).</summary>
    public required TimeSpan? RootChangeSpread { get; init; }

    /// <summary>How authorize decides.</summary>
    public required AuthorizeOptions Authorize { get; init; }

    /// <summary>What holds when no intention matches (intentions AUTHZ-23, AUTHZ-24).</summary>
    public required DefaultDecision DefaultDecision { get; init; }

    /// <summary><c>allow</c> or <c>deny</c>; shown also while ACLs are off (http-conventions HDR-1).</summary>
    public required string AclDefaultPolicy { get; init; }

    public required bool AclEnabled { get; init; }

    /// <summary>Never printed.</summary>
    public required string AclDefaultToken { get; init; }

    /// <summary>Never printed.</summary>
    public required string AclManagementToken { get; init; }

    /// <summary>Never printed.</summary>
    public required string AclRecoveryToken { get; init; }

    /// <summary>How long a token that the servers have resolved may be reused (acl ACL-RES-2); zero is never.</summary>
    public required TimeSpan AclTokenTtl { get; init; }

    /// <inheritdoc cref="AclTokenTtl"/>
    public required TimeSpan AclPolicyTtl { get; init; }

    /// <summary>As <see cref="AclTokenTtl"/>, but never zero.</summary>
    public required TimeSpan AclRoleTtl { get; init; }

    /// <summary>What decides when a token cannot be resolved (acl ACL-RES-4).</summary>
    public required DownPolicy AclDownPolicy { get; init; }

    /// <summary>Whether policies with rules of unknown kinds are refused (acl ACL-DEF-3).</summary>
    public required bool AclStrictRules { get; init; }

    /// <summary>Whether tokens that come through the API are kept over a restart (acl ACL-AGT-7).</summary>
    public required bool PersistTokens { get; init; }

    public required TimeSpan DefaultQueryTime { get; init; }

    public required TimeSpan MaxQueryTime { get; init; }

    public required string LogLevel { get; init; }

    public required bool LogJson { get; init; }

    public required string? PidFile { get; init; }

    /// <summary>Whether an interrupt shuts down at once, with exit code 1 (config-and-cli PROC-3).</summary>
    public required bool SkipLeaveOnInterrupt { get; init; }

    public required bool EnableDebug { get; init; }

    public required bool UseHttpCache { get; init; }

    public required bool DisableUnprintableFilter { get; init; }

    public required IReadOnlyDictionary<string, string> ResponseHeaders { get; init; }

    /// <summary>Prefixes of request paths that answer 403 (HCFG-1).</summary>
    public required IReadOnlyList<string> BlockEndpoints { get; init; }

    /// <summary>Who may write over TCP; empty: anyone (HCFG-1).</summary>
    public required IReadOnlyList<IPNetwork> AllowWriteHttpFrom { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    // Records print their members; a token must not reach a log that way.
    public override string ToString() => $"{NodeName} in {Datacenter}";

    /// <summary>Completes and checks merged values.</summary>
    /// <exception cref="ConfigurationException">With the text of config-and-cli section 2.</exception>
    public static AgentConfiguration Build(ConfigValues values, bool devMode)
    {
        DeprecatedKeys.Take(values);
        var server = values.Of(NodeKeys.Server) ?? devMode;
        CheckRole(values, server, devMode);
        var directory = values.Of(NodeKeys.DataDirectory);
        CheckDirectory(directory, devMode);
        var datacenter = values.Of(NodeKeys.Datacenter);
        var client = values.Of(HttpSettings.ClientAddress) ?? "127.0.0.1";
        var bind = values.Of(NodeKeys.BindAddress) ?? (devMode ? "127.0.0.1" : "0.0.0.0");
        var ports = PortSettings.Of(values, devMode);
        var http = values.Of(HttpSettings.HttpAddress) is { Length: > 0 } own
            ? ListenAddress.ParseAll(HttpSettings.HttpAddress.Path, own, ports["http"])
            : ListenAddress.ParseAll(HttpSettings.ClientAddress.Path, client, ports["http"]);
        var https = PortSettings.HttpsOf(values, client, ports["https"], http);
        var level = values.Of(NodeKeys.LogLevel) ?? (devMode ? "DEBUG" : "INFO");
        var policy = values.Of(AclSettings.DefaultPolicy);
        Require(
            values.Of(NodeKeys.RaftMultiplier) is null or (>= 1 and <= 10),
            $"{NodeKeys.RaftMultiplier.Path} cannot be {values.Of(NodeKeys.RaftMultiplier)}. Must be between 1 and 10");
        var connect = values.Of(ConnectKeys.Enabled) ?? devMode;
        _ = values.Of(ConnectKeys.CaProvider);
        return new AgentConfiguration
        {
            DevMode = devMode,
            NodeName = values.Of(NodeKeys.NodeName),
            NodeId = values.Of(NodeKeys.NodeId),
            NodeMeta = values.Of(NodeKeys.NodeMeta),
            Datacenter = datacenter,
            PrimaryDatacenter = values.Of(NodeKeys.PrimaryDatacenter) ?? datacenter,
            Server = server,
            Servers = ServerSettings.Build(values),
            Bootstrap = values.Of(NodeKeys.Bootstrap) ?? false,
            BindAddress = bind,
            AdvertiseAddress = values.Of(NodeKeys.AdvertiseAddress) ?? (bind is "0.0.0.0" or "::" ? "127.0.0.1" : bind),
            HttpListeners = http,
            HttpsListeners = https,
            Tls = TlsSettings.Build(values, isServed: https.Count > 0),
            MaxHeaderBytes = values.Of(HttpSettings.MaxHeaderBytes) is > 0 and var bytes ? bytes : null,
            BootstrapEntries = server ? BootstrapEntry.Build(values) : [],
            MaxConnectionsPerClient = values.Of(HttpSettings.MaxConnectionsPerClient) ?? ConnectionLimit.MostUnlessConfigured,
            CheckHost = values.Of(HttpSettings.CheckHost),
            AllowedHosts = values.Of(HttpSettings.AllowedHosts),
            CacheMaxEntries = (int)values.Of(CacheKeys.MaxEntries),
            CacheMaxEntriesPerToken = (int)values.Of(CacheKeys.MaxEntriesPerToken),
            CacheMaxBytes = values.Of(CacheKeys.MaxBytes),
            CacheMaxBytesPerToken = values.Of(CacheKeys.MaxBytesPerToken),
            SnapshotMaxBytes = values.Of(NodeKeys.SnapshotMaxBytes),
            StateDirectory = devMode || string.IsNullOrEmpty(directory) ? null : directory,
            CacheDirectory = devMode || !values.Of(CacheKeys.Persistence) || string.IsNullOrEmpty(directory) ? null : directory,
            Ports = ports,
            SocketMode = values.Of(HttpSettings.SocketMode),
            ConnectEnabled = connect,
            IsConnectForgotten = server && !connect && !values.Has(ConnectKeys.Enabled),
            Authorize = ConnectKeys.Authorize(values),
            DefaultDecision = ConnectKeys.DefaultDecisionOf(values, policy),
            ClusterId = ClusterIdOf(values.Of(ConnectKeys.CaConfig).GetValueOrDefault(CaConfigType.ClusterId)),
            CaConfig = CaConfigValues.Build(values),
            ShowCaSecrets = values.Of(ConnectKeys.ShowCaSecrets),
            CaAutoRotate = values.Of(ConnectKeys.CaAutoRotate),
            RootChangeSpread = values.Of(ConnectKeys.RootChangeSpread),
            AclDefaultPolicy = policy,
            AclEnabled = values.Of(AclSettings.Enabled),
            AclManagementToken = values.Of(AclSettings.ManagementToken) ?? string.Empty,
            AclTokenTtl = values.Of(AclSettings.TokenTtl),
            AclPolicyTtl = values.Of(AclSettings.PolicyTtl),
            AclRoleTtl = values.Of(AclSettings.RoleTtl),
            AclDownPolicy = values.Of(AclSettings.DownPolicyKey),
            AclStrictRules = values.Of(AclSettings.StrictRules),
            PersistTokens = values.Of(AclSettings.PersistTokens),
            AclRecoveryToken = values.Of(AclSettings.RecoveryToken) ?? string.Empty,
            AclDefaultToken = values.Of(AclSettings.DefaultToken) ?? string.Empty,
            FetchLimits = CacheKeys.FetchLimitsOf(values),
            PrometheusRetention = values.Of(HttpSettings.PrometheusRetention),
            OtlpEndpoint = values.Of(NodeKeys.OtlpEndpoint),
            DefaultQueryTime = values.Of(NodeKeys.DefaultQueryTime),
            MaxQueryTime = values.Of(NodeKeys.MaxQueryTime),
            LogLevel = level,
            LogJson = values.Of(NodeKeys.LogJson),
            PidFile = values.Of(NodeKeys.PidFile),
            SkipLeaveOnInterrupt = values.Of(NodeKeys.SkipLeaveOnInterrupt) ?? server,
            EnableDebug = values.Of(NodeKeys.EnableDebug) ?? devMode,
            UseHttpCache = values.Of(HttpSettings.UseCache),
            DisableUnprintableFilter = values.Of(HttpSettings.DisableUnprintableFilter),
            ResponseHeaders = HttpSettings.HeadersOf(values.Of(HttpSettings.ResponseHeaders)),
            BlockEndpoints = values.Of(HttpSettings.BlockEndpoints),
            AllowWriteHttpFrom = values.Of(HttpSettings.AllowWriteHttpFrom),
            Warnings = ConfigWarnings.Of(values, server, ports),
        };
    }

    private static void CheckRole(ConfigValues values, bool server, bool devMode)
    {
        var expect = values.Of(NodeKeys.BootstrapExpect) ?? 0;
        Require(values.Of(NodeKeys.Bootstrap) is not true || server, "'bootstrap = true' requires 'server = true'");
        Require(expect >= 0, $"bootstrap_expect cannot be {expect}. Must be greater than or equal to zero");
        Require(expect == 0 || server, "'bootstrap_expect > 0' requires 'server = true'");
        Require(expect == 0 || !devMode, "'bootstrap_expect > 0' not allowed in dev mode");
        Require(
            expect == 0 || values.Of(NodeKeys.Bootstrap) is not true, "'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive");
        if (server)
        {
            Require(values.Of(ServerSettings.ServersKey).Count == 0, "'connect_agent.servers' requires 'server = false'");
            Require(!values.Of(ServerSettings.DelegateLeafKey), "'connect_agent.delegate_leaf' requires 'server = false'");
            return;
        }

        Require(
            values.Of(ServerSettings.ServersKey).Count > 0,
            "'server = false' needs servers to talk to: set connect_agent.servers, for instance to [\"http://127.0.0.1:8500\"]");
    }

    private static void CheckDirectory(string? directory, bool devMode)
    {
        Require(devMode || !string.IsNullOrEmpty(directory), "data_dir cannot be empty");
        if (string.IsNullOrEmpty(directory))
        {
            return;
        }

        Require(!File.Exists(directory), $"data_dir \"{directory}\" is not a directory");
    }

    private static string? ClusterIdOf(System.Text.Json.JsonElement json)
    {
        var id = json.ValueKind == System.Text.Json.JsonValueKind.String ? json.GetString() : null;
        Require(
            string.IsNullOrEmpty(id) || Guid.TryParseExact(id, "D", out _), $"connect.ca_config.cluster_id must be a valid UUID: {id}");
        return string.IsNullOrEmpty(id) ? null : id;
    }
}
