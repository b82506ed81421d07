using System.Globalization;
using System.Net;
using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using ConnectAgent.Watches;
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

    /// <summary>Bounds of the cache.</summary>
    public required Action<CacheOptions> Cache { get; init; }

    /// <summary>Fetches of one cache entry (agent-cache CACHE-20).</summary>
    public required FetchLimits FetchLimits { get; init; }

    /// <summary>0: Prometheus text is refused (services AG-27).</summary>
    public required TimeSpan PrometheusRetention { get; init; }

    /// <summary>Where traces and metrics are sent; null: nowhere, and nothing is traced.</summary>
    public required Uri? OtlpEndpoint { get; init; }

    /// <summary>Where the control plane's state is kept; null: in memory.</summary>
    public required string? StateDirectory { get; init; }

    /// <summary>Of the rows of a snapshot, unpacked.</summary>
    public required SnapshotOptions Snapshots { get; init; }

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

    /// <summary>How authorize decides.</summary>
    public required AuthorizeOptions Authorize { get; init; }

    /// <summary>What holds when no intention matches (intentions AUTHZ-23, AUTHZ-24).</summary>
    public required DefaultDecision DefaultDecision { get; init; }

    /// <summary>The CA. May hold a key: never printed.</summary>
    public required AuthorityOptions Authority { get; init; }

    public required LeafOptions Leaves { get; init; }

    /// <summary>How services register with this agent.</summary>
    public required LocalServiceOptions LocalServices { get; init; }

    /// <summary>The services and checks that files define. Holds tokens: never printed.</summary>
    public required FileDefinitions Definitions { get; init; }

    /// <summary>What runs when something changes. Holds tokens: never printed.</summary>
    public required IReadOnlyList<WatchDefinition> Watches { get; init; }

    /// <summary>IDs of registered proxies that run in this process.</summary>
    public required IReadOnlyList<string> Proxies { get; init; }

    /// <summary>ACLs of the embedded control plane.</summary>
    public required AclOptions Acl { get; init; }

    /// <summary>Tokens that other servers resolve.</summary>
    public required RemoteTokenOptions RemoteTokens { get; init; }

    /// <summary>The agent's own tokens. Never printed.</summary>
    public required AgentTokenOptions Tokens { get; init; }

    public required string LogLevel { get; init; }

    public required bool LogJson { get; init; }

    /// <summary>Null: not in files.</summary>
    public required LogFileOptions? LogFile { get; init; }

    /// <summary>By its number; null: not to syslog.</summary>
    public required int? SyslogFacility { get; init; }

    public required string? PidFile { get; init; }

    /// <summary>Whether an interrupt shuts down at once, with exit code 1 (config-and-cli PROC-3).</summary>
    public required bool SkipLeaveOnInterrupt { get; init; }

    public required bool EnableDebug { get; init; }

    /// <summary>How checks run, but for their TLS.</summary>
    public required CheckOptions Checks { get; init; }

    /// <summary>How the catalog is told of services and checks.</summary>
    public required SyncOptions Sync { get; init; }

    /// <summary>Whether config entries are laid over local proxies (services CENT-5).</summary>
    public required bool UsesCentralConfig { get; init; }

    /// <summary>The files of the agent's TLS that checks use (<c>enable_agent_tls_for_checks</c>); null when they do not.</summary>
    public required AgentTlsFiles? CheckTls { get; init; }

    /// <summary>How HTTP answers, and whom.</summary>
    public required WireOptions Wire { get; init; }

    /// <summary>How long blocking queries may be held.</summary>
    public required BlockingLimits Blocking { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Files and directories that it was read from, as they were given.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The files of them that were read (config-and-cli section 6, 1).</summary>
    public IReadOnlyList<string> FilesRead => Said.Files;

    /// <summary>Whether it reloads when its files change.</summary>
    public required bool ReloadsByItself { get; init; }

    /// <summary>The files of certificates and keys that it names.</summary>
    public IEnumerable<string> CertificateFiles => new[]
    {
        Tls.CertificateFile, Tls.KeyFile, Tls.AuthorityFile, Servers.AuthorityFile, Servers.CertificateFile, Servers.KeyFile,
        CheckTls?.CertificateFile, CheckTls?.KeyFile, CheckTls?.AuthorityFile,
    }.Concat(InDirectory(Tls.AuthorityDirectory)).Concat(InDirectory(CheckTls?.AuthorityDirectory)).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>Key by key, with the sources.</summary>
    public EffectiveValues Effective => new(Said, this);

    private ConfigValues Said { get; init; } = new();

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
        var kept = devMode || string.IsNullOrEmpty(directory) ? null : directory;
        var datacenter = values.Of(NodeKeys.Datacenter);
        var client = HttpKeys.ClientAddressOf(values);
        var bind = NodeKeys.BindAddressOf(values, devMode);
        var ports = PortKeys.Of(values, devMode);
        var http = values.Of(HttpKeys.HttpAddress) is { Length: > 0 } own
            ? ListenAddress.ParseAll(HttpKeys.HttpAddress.Path, own, ports["http"])
            : ListenAddress.ParseAll(HttpKeys.ClientAddress.Path, client, ports["http"]);
        var https = PortKeys.HttpsOf(values, client, ports["https"], http);
        var level = values.Of(NodeKeys.LogLevel) ?? (devMode ? "DEBUG" : "INFO");
        var policy = values.Of(AclKeys.DefaultPolicy);
        Require(
            values.Of(NodeKeys.RaftMultiplier) is null or (>= 1 and <= 10),
            $"{NodeKeys.RaftMultiplier.Path} cannot be {values.Of(NodeKeys.RaftMultiplier)}. Must be between 1 and 10");
        InertKeys.Check(values, server);
        var connect = values.Of(ConnectKeys.Enabled) ?? (devMode || values.Of(ConnectKeys.AutoEncryptServer));
        Require(
            connect || !values.Of(InertKeys.MeshGatewayFederation), $"'{InertKeys.MeshGatewayFederation.Path}=true' requires 'connect.enabled=true'");
        _ = values.Of(ConnectKeys.CaProvider);
        return new AgentConfiguration
        {
            Said = values,
            DevMode = devMode,
            NodeName = values.Of(NodeKeys.NodeName),
            NodeId = values.Of(NodeKeys.NodeId),
            NodeMeta = values.Of(NodeKeys.NodeMeta),
            Datacenter = datacenter,
            PrimaryDatacenter = values.Of(NodeKeys.PrimaryDatacenter) ?? datacenter,
            Server = server,
            Servers = ServerSettings.Build(values),
            Bootstrap = values.Of(NodeKeys.Bootstrap) ?? false,
            AdvertiseAddress = values.Of(NodeKeys.AdvertiseAddress) ?? (bind is "0.0.0.0" or "::" ? "127.0.0.1" : bind),
            HttpListeners = http,
            HttpsListeners = https,
            Tls = TlsSettings.Build(values, isServed: https.Count > 0),
            MaxHeaderBytes = values.Of(HttpKeys.HeaderBytes) is > 0 and var bytes ? bytes : null,
            BootstrapEntries = server ? BootstrapEntry.Build(values) : [],
            MaxConnectionsPerClient = values.Of(HttpKeys.ConnectionsPerClient) ?? HttpKeys.MostConnectionsPerClient,
            Cache = CacheKeys.Bind(values),
            FetchLimits = CacheKeys.FetchLimitsOf(values),
            Snapshots = new SnapshotOptions { MaxBytes = values.Of(NodeKeys.SnapshotMaxBytes) },
            StateDirectory = kept,
            CacheDirectory = values.Of(CacheKeys.Persistence) ? kept : null,
            Ports = ports,
            SocketMode = values.Of(HttpKeys.SocketMode),
            ConnectEnabled = connect,
            IsConnectForgotten = server && !connect && !values.Has(ConnectKeys.Enabled),
            Authorize = ConnectKeys.Authorize(values),
            DefaultDecision = ConnectKeys.DefaultDecisionOf(values, policy),
            Authority = ConnectKeys.Authority(values, datacenter),
            Leaves = new LeafOptions { RootChangeDelay = values.Of(ConnectKeys.RootChangeSpread) },
            LocalServices = ServiceKeys.Options(values, ports, kept),
            Definitions = ServiceKeys.Definitions(values),
            Watches = WatchKeys.Of(values),
            Proxies = values.Of(ProxyKeys.Proxies),
            Acl = AclKeys.Acl(values, datacenter),
            RemoteTokens = AclKeys.RemoteTokens(values),
            Tokens = AclKeys.Tokens(values, kept),
            PrometheusRetention = values.Of(HttpKeys.PrometheusRetention),
            OtlpEndpoint = values.Of(NodeKeys.OtlpEndpoint),
            Blocking = new BlockingLimits(values.Of(NodeKeys.DefaultQueryTime), values.Of(NodeKeys.QueryTimeLimit)),
            LogLevel = level,
            LogJson = values.Of(NodeKeys.LogJson),
            LogFile = LogKeys.FilesOf(values),
            SyslogFacility = LogKeys.SyslogOf(values),
            ReloadsByItself = values.Of(NodeKeys.AutoReload),
            PidFile = values.Of(NodeKeys.PidFile),
            SkipLeaveOnInterrupt = values.Of(NodeKeys.SkipLeaveOnInterrupt) ?? server,
            EnableDebug = values.Of(NodeKeys.EnableDebug) ?? devMode,
            Checks = CheckKeys.Build(values),
            Sync = CheckKeys.Sync(values, isRemote: !server),
            UsesCentralConfig = values.Of(NodeKeys.CentralConfig),
            CheckTls = CheckKeys.UseAgentTls(values) ? TlsSettings.FilesOfTheAgent(values) : null,
            Wire = HttpKeys.Wire(values, devMode, policy),
            Warnings = ConfigWarnings.Of(values, server, ports),
        };
    }

    // One that cannot be read now is another state than it was.
    private static IEnumerable<string> InDirectory(string? directory)
    {
        try
        {
            return directory is null ? [] : [directory, .. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [directory!];
        }
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
            "'server = false' needs servers to talk to: set connect_agent.servers, for instance to "
                + $"[{string.Join(", ", (InertKeys.LikelyServers(values) is { Count: > 0 } likely ? likely : ["http://127.0.0.1:8500"]).Select(GoQuote.Of))}]");
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
}
