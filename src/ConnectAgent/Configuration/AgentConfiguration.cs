using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Caching;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.ControlPlane.State;
using ConnectAgent.Hosting;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>The agent's configuration, checked and complete. docs/configuration.md lists every key, its unit and its default.</summary>
internal sealed partial record AgentConfiguration
{
    /// <summary>The keys of <c>ports</c>; reported where the product does not listen on them (clients LAUNCH-3).</summary>
    public static readonly string[] PortNames =
    [
        "http", "https", "grpc", "grpc_tls", "dns", "server", "serf_lan", "serf_wan", "sidecar_min_port", "sidecar_max_port",
        "proxy_min_port", "proxy_max_port", "expose_min_port", "expose_max_port",
    ];

    private static readonly CacheOptions CacheDefaults = new();

    public required bool DevMode { get; init; }

    public required string NodeName { get; init; }

    /// <summary>A lower-case UUID.</summary>
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

    /// <summary>PEM file with the server's chain; null without HTTPS.</summary>
    public required string? CertificateFile { get; init; }

    public required string? KeyFile { get; init; }

    /// <summary>PEM file with the CAs of client certificates.</summary>
    public required string? AuthorityFile { get; init; }

    /// <summary>Whether HTTPS clients must show a certificate.</summary>
    public required bool VerifyIncoming { get; init; }

    /// <summary>Concurrent connections of one client address; non-positive is no limit (http-conventions CONN-1).</summary>
    public required int MaxConnectionsPerClient { get; init; }

    /// <summary>Whether <c>Host</c> must be one of ours (http-conventions SEC-2).</summary>
    public required bool CheckHost { get; init; }

    /// <summary>Names besides <c>localhost</c> and the listeners' addresses.</summary>
    public required IReadOnlyList<string> AllowedHosts { get; init; }

    public required int CacheMaxEntries { get; init; }

    public required int CacheMaxEntriesPerToken { get; init; }

    /// <summary>Fetches of one cache entry (agent-cache CACHE-20).</summary>
    public required FetchLimits FetchLimits { get; init; }

    /// <summary>0: Prometheus text is refused (services AG-27).</summary>
    public required TimeSpan PrometheusRetention { get; init; }

    /// <summary>Where the control plane's state is kept; null: in memory.</summary>
    public required string? StateDirectory { get; init; }

    /// <summary>Where the cache is sealed; null when it is not.</summary>
    public required string? CacheDirectory { get; init; }

    /// <summary>As configured; −1 is off.</summary>
    public required IReadOnlyDictionary<string, int> Ports { get; init; }

    public required UnixFileMode SocketMode { get; init; }

    public required bool ConnectEnabled { get; init; }

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

    public required bool LeaveOnTerminate { get; init; }

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
        var server = values.Server ?? devMode;
        CheckRole(values, server, devMode);
        CheckDirectory(values.DataDirectory, devMode);
        var datacenter = DatacenterName("datacenter", values.Datacenter ?? "dc1");
        var client = values.ClientAddress ?? "127.0.0.1";
        var bind = BindAddressOf(values.BindAddress ?? (devMode ? "127.0.0.1" : "0.0.0.0"));
        var ports = PortsOf(values, devMode);
        var http = ListenAddress.ParseAll(
            values.HttpAddress is { Length: > 0 } ? "addresses.http" : "client_addr",
            values.HttpAddress is { Length: > 0 } own ? own : client,
            ports["http"]);
        var level = LogLevels.Check(values.LogLevel ?? (devMode ? "DEBUG" : "INFO"));
        var policy = AclSettings.DefaultPolicyOf(values);
        Require(
            values.RaftMultiplier is null or (>= 1 and <= 10),
            $"performance.raft_multiplier cannot be {values.RaftMultiplier}. Must be between 1 and 10");
        var connect = values.ConnectEnabled ?? devMode;
        Require(
            values.CaProvider is null or "" or "consul",
            $"{values.CaProvider} is not a valid CA provider");
        return new AgentConfiguration
        {
            DevMode = devMode,
            NodeName = NodeNameOf(values.NodeName),
            NodeId = NodeIdOf(values.NodeId, devMode ? null : values.DataDirectory),
            NodeMeta = values.NodeMeta,
            Datacenter = datacenter,
            PrimaryDatacenter = DatacenterName("primary_datacenter", values.PrimaryDatacenter is { Length: > 0 } primary ? primary : datacenter),
            Server = server,
            Servers = ServerSettings.Build(values, Duration("connect_agent.server_timeout", values.ServerTimeout, ConsulServerOptions.DefaultRequestTime)),
            Bootstrap = values.Bootstrap ?? false,
            BindAddress = bind,
            AdvertiseAddress = values.AdvertiseAddress ?? (bind is "0.0.0.0" or "::" ? "127.0.0.1" : bind),
            HttpListeners = http,
            HttpsListeners = HttpsOf(values, client, ports["https"], http),
            CertificateFile = values.CertificateFile,
            KeyFile = values.KeyFile,
            AuthorityFile = values.AuthorityFile,
            VerifyIncoming = values.VerifyIncoming ?? false,
            MaxConnectionsPerClient = values.MaxConnectionsPerClient ?? ConnectionLimit.MostUnlessConfigured,
            CheckHost = values.CheckHost ?? true,
            AllowedHosts = values.AllowedHosts,
            CacheMaxEntries = Positive("connect_agent.cache_max_entries", values.CacheMaxEntries ?? CacheDefaults.MaxEntries),
            CacheMaxEntriesPerToken = Positive("connect_agent.cache_max_entries_per_token", values.CacheMaxEntriesPerToken ?? CacheDefaults.MaxEntriesPerToken),
            StateDirectory = devMode || string.IsNullOrEmpty(values.DataDirectory) ? null : values.DataDirectory,
            CacheDirectory = devMode || values.CachePersistence is false || string.IsNullOrEmpty(values.DataDirectory) ? null : values.DataDirectory,
            Ports = ports,
            SocketMode = SocketModeOf(values.SocketMode),
            ConnectEnabled = connect,
            Authorize = new AuthorizeOptions
            {
                Strict = values.AuthorizeStrict ?? false,
                Datacenters = [.. values.AuthorizeDatacenters.Select(name => DatacenterName("connect.authorize_datacenters", name))],
                Http = new HttpEvaluation(
                    values.AuthorizeNormalizePaths ?? true, values.AuthorizeEachHeader ?? true, KeepsPathParameters(values.AuthorizePathParameters)),
            },
            DefaultDecision = DefaultDecisionOf(values, policy),
            ClusterId = ClusterIdOf(values.CaConfig.GetValueOrDefault(CaConfigValues.ClusterId)),
            CaConfig = CaConfigValues.Build(values),
            ShowCaSecrets = values.ShowCaSecrets ?? false,
            CaAutoRotate = values.CaAutoRotate ?? false,
            RootChangeSpread = values.RootChangeSpread is { Length: > 0 } spread
                ? Duration("connect.test_ca_leaf_root_change_spread", spread, TimeSpan.Zero) : null,
            AclDefaultPolicy = policy,
            AclEnabled = values.AclEnabled ?? false,
            AclManagementToken = values.AclManagementToken ?? string.Empty,
            AclTokenTtl = AclSettings.TtlOf("acl.token_ttl", values.AclTokenTtl),
            AclPolicyTtl = AclSettings.TtlOf("acl.policy_ttl", values.AclPolicyTtl),
            AclRoleTtl = AclSettings.RoleTtlOf(values),
            AclDownPolicy = AclSettings.DownPolicyOf(values),
            AclStrictRules = values.AclStrictRules ?? false,
            PersistTokens = values.PersistTokens ?? false,
            AclRecoveryToken = values.AclRecoveryToken ?? string.Empty,
            AclDefaultToken = values.AclDefaultToken ?? string.Empty,
            FetchLimits = FetchLimitsOf(values),
            PrometheusRetention = Duration("telemetry.prometheus_retention_time", values.PrometheusRetention, TimeSpan.Zero),
            DefaultQueryTime = Duration("default_query_time", values.DefaultQueryTime, BlockingLimits.Standard.Default),
            MaxQueryTime = Duration("max_query_time", values.MaxQueryTime, BlockingLimits.Standard.Longest),
            LogLevel = level,
            LogJson = values.LogJson ?? false,
            PidFile = values.PidFile,
            SkipLeaveOnInterrupt = values.SkipLeaveOnInterrupt ?? server,
            LeaveOnTerminate = values.LeaveOnTerminate ?? !server,
            EnableDebug = values.EnableDebug ?? devMode,
            UseHttpCache = values.UseCache ?? true,
            DisableUnprintableFilter = values.DisableUnprintableFilter ?? false,
            ResponseHeaders = HeadersOf(values.ResponseHeaders),
            BlockEndpoints = values.BlockEndpoints,
            AllowWriteHttpFrom = [.. values.AllowWriteHttpFrom.Select(NetworkOf)],
            Warnings = WarningsOf(values, ports),
        };
    }

    private static void CheckRole(ConfigValues values, bool server, bool devMode)
    {
        var expect = values.BootstrapExpect ?? 0;
        Require(values.Bootstrap is not true || server, "'bootstrap = true' requires 'server = true'");
        Require(expect >= 0, $"bootstrap_expect cannot be {expect}. Must be greater than or equal to zero");
        Require(expect == 0 || server, "'bootstrap_expect > 0' requires 'server = true'");
        Require(expect == 0 || !devMode, "'bootstrap_expect > 0' not allowed in dev mode");
        Require(
            expect == 0 || values.Bootstrap is not true, "'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive");
        if (server)
        {
            Require(values.Servers.Count == 0, "'connect_agent.servers' requires 'server = false'");
            Require(values.DelegateLeaf is not true, "'connect_agent.delegate_leaf' requires 'server = false'");
            return;
        }

        Require(
            values.Servers.Count > 0,
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
        try
        {
            Directory.CreateDirectory(
                directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"data_dir \"{directory}\" cannot be made: {error.Message}");
        }
    }

    private static string NodeNameOf(string? name)
    {
        var trimmed = (name ?? Environment.MachineName).Trim();
        Require(trimmed.Length > 0, "node_name cannot be empty");
        return trimmed;
    }

    // A random ID is kept in the data directory, so that the node stays itself over restarts.
    private static string NodeIdOf(string? id, string? directory)
    {
        if (string.IsNullOrEmpty(id))
        {
            var file = directory is null ? null : Path.Combine(directory, "node-id");
            if (file is not null && File.Exists(file) && Guid.TryParseExact(File.ReadAllText(file).Trim(), "D", out var kept))
            {
                return kept.ToString();
            }

            var made = Guid.NewGuid().ToString();
            if (file is not null)
            {
                Keep(file, made);
            }

            return made;
        }

        Require(Guid.TryParseExact(id, "D", out _), $"specified NodeID is invalid: {id} is no UUID");
        return id.ToLowerInvariant();
    }

    private static void Keep(string file, string id)
    {
        try
        {
            var temporary = $"{file}.{Environment.ProcessId}.tmp";
            File.WriteAllText(temporary, id);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"node-id cannot be kept in data_dir: {error.Message}");
        }
    }

    private static string BindAddressOf(string address)
    {
        Require(!address.StartsWith("unix://", StringComparison.Ordinal), "bind_addr cannot be a unix socket");
        Require(
            !address.Trim().Contains(' ', StringComparison.Ordinal),
            "bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead.");
        Require(IPAddress.TryParse(address.Trim(), out _), "bind_addr must be an ip address");
        return address.Trim();
    }

    private static Dictionary<string, int> PortsOf(ConfigValues values, bool devMode)
    {
        Dictionary<string, int> ports = new(StringComparer.Ordinal)
        {
            ["http"] = 8500,
            ["https"] = -1,
            ["grpc"] = devMode ? 8502 : -1,
            ["grpc_tls"] = -1,
            ["dns"] = 8600,
            ["server"] = 8300,
            ["serf_lan"] = 8301,
            ["serf_wan"] = 8302,
            ["proxy_min_port"] = 20000,
            ["proxy_max_port"] = 20255,
            ["sidecar_min_port"] = 21000,
            ["sidecar_max_port"] = 21255,
            ["expose_min_port"] = 21500,
            ["expose_max_port"] = 21755,
        };
        foreach (var (name, port) in values.Ports)
        {
            Require(port <= 65535, $"ports.{name}: invalid port: {port}");
            ports[name] = port <= 0 ? -1 : port;
        }

        foreach (var range in new[] { "proxy", "sidecar", "expose" })
        {
            Require(
                ports[range + "_min_port"] <= ports[range + "_max_port"],
                $"{range}_min_port must be less than {range}_max_port. To disable, set both to zero.");
        }

        return ports;
    }

    private static FetchLimits FetchLimitsOf(ConfigValues values)
    {
        Require(
            values.EntryFetchMaxBurst is null or > 0,
            $"cache.entry_fetch_max_burst must be strictly positive, was: {values.EntryFetchMaxBurst}");
        Require(
            values.EntryFetchRate is null or > 0,
            string.Create(CultureInfo.InvariantCulture, $"cache.entry_fetch_rate must be strictly positive, was: {values.EntryFetchRate}"));
        return new FetchLimits(values.EntryFetchRate, values.EntryFetchMaxBurst ?? FetchLimits.None.Burst);
    }

    private static DefaultDecision DefaultDecisionOf(ConfigValues values, string aclPolicy) => values.DefaultIntentionPolicy switch
    {
        "allow" => DefaultDecision.AllowByPolicy,
        "deny" => DefaultDecision.DenyByPolicy,
        null or "" when values.AclEnabled is not true => DefaultDecision.AclsDisabled,
        null or "" => aclPolicy == "allow" ? DefaultDecision.Allow : DefaultDecision.Deny,
        var other => throw new ConfigurationException($"Unsupported default intention policy: {other}"),
    };

    private static bool KeepsPathParameters(string? text) => text switch
    {
        null or "" or "ambiguous" => false,
        "keep" => true,
        _ => throw new ConfigurationException($"connect.authorize_path_parameters must be \"ambiguous\" or \"keep\", was: {GoQuote.Of(text)}"),
    };

    // LAUNCH-3: a port without a certificate must not prevent the start.
    private static List<TcpListenAddress> HttpsOf(ConfigValues values, string client, int port, IReadOnlyList<ListenAddress> http)
    {
        var list = values.HttpsAddress is { Length: > 0 } https ? https : client;
        var addresses = ListenAddress.ParseAll("addresses.https", list, port).OfType<TcpListenAddress>().ToList();
        foreach (var both in addresses.Intersect(http.OfType<TcpListenAddress>()))
        {
            throw new ConfigurationException($"HTTPS address {both} already configured for HTTP");
        }

        return string.IsNullOrEmpty(values.CertificateFile) || string.IsNullOrEmpty(values.KeyFile) ? [] : addresses;
    }

    private static UnixFileMode SocketModeOf(string? octal)
    {
        if (string.IsNullOrEmpty(octal))
        {
            return UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        Require(OctalPattern().IsMatch(octal), $"unix_sockets.mode: {GoQuote.Of(octal)} is no octal file mode");
        return (UnixFileMode)Convert.ToInt32(octal, 8);
    }

    private static IPNetwork NetworkOf(string text) => IPNetwork.TryParse(text, out var network)
        ? network
        : throw new ConfigurationException($"http_config.allow_write_http_from: invalid cidr: {text}");

    // HCFG-1: names in canonical form; what cannot be sent is refused here and not at every request.
    private static Dictionary<string, string> HeadersOf(Dictionary<string, string> headers)
    {
        Dictionary<string, string> canonical = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers)
        {
            Require(
                HeaderNamePattern().IsMatch(name) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~'),
                $"http_config.response_headers: {GoQuote.Of(name)} is no header that can be sent");
            canonical[string.Join('-', name.Split('-').Select(part =>
                part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..].ToLowerInvariant()))] = value;
        }

        return canonical;
    }

    private static string? ClusterIdOf(System.Text.Json.JsonElement json)
    {
        var id = json.ValueKind == System.Text.Json.JsonValueKind.String ? json.GetString() : null;
        Require(
            string.IsNullOrEmpty(id) || Guid.TryParseExact(id, "D", out _), $"connect.ca_config.cluster_id must be a valid UUID: {id}");
        return string.IsNullOrEmpty(id) ? null : id;
    }

    private static List<string> WarningsOf(ConfigValues values, Dictionary<string, int> ports)
    {
        List<string> warnings = [.. values.Warnings, .. DeprecatedKeys.Warnings(values), .. AclSettings.Warnings(values)];
        if (values.Bootstrap is true)
        {
            warnings.Add("bootstrap = true: do not enable unless necessary");
        }

        if (values is { CachePersistence: false, DataDirectory: { Length: > 0 } directory } && Path.Combine(directory, "agent-cache.sealed") is var file
            && File.Exists(file))
        {
            warnings.Add($"agent.cache_persistence is off, but {file} is still there and holds private keys: delete it");
        }

        if (ports["https"] > 0 && (string.IsNullOrEmpty(values.CertificateFile) || string.IsNullOrEmpty(values.KeyFile)))
        {
            warnings.Add("ports.https is set without cert_file and key_file: HTTPS is not served");
        }

        warnings.AddRange(values.Servers.Distinct(StringComparer.Ordinal).Select(ServerAddress.Parse).Where(ServerAddress.IsExposed).Select(address =>
            $"connect_agent.servers: {address.GetLeftPart(UriPartial.Authority)} is not encrypted: whoever is on the way reads tokens and can put roots of "
            + "his own in the answers; use https"));
        return warnings;
    }

    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HeaderNamePattern();

    [GeneratedRegex("^[0-7]{3,4}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OctalPattern();
}
