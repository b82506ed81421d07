namespace ConnectAgent.Configuration;

/// <summary>What files and flags said, merged; later wins, lists append (config-and-cli LOAD-6). <see cref="AgentConfiguration"/> is made of it.</summary>
internal sealed class ConfigValues
{
    public string? NodeName { get; set; }

    public string? NodeId { get; set; }

    public Dictionary<string, string> NodeMeta { get; } = new(StringComparer.Ordinal);

    public string? Datacenter { get; set; }

    public string? PrimaryDatacenter { get; set; }

    public bool? Server { get; set; }

    public bool? Bootstrap { get; set; }

    public int? BootstrapExpect { get; set; }

    public string? DataDirectory { get; set; }

    public string? BindAddress { get; set; }

    public string? AdvertiseAddress { get; set; }

    public string? ClientAddress { get; set; }

    public string? HttpAddress { get; set; }

    public string? HttpsAddress { get; set; }

    public Dictionary<string, int> Ports { get; } = new(StringComparer.Ordinal);

    public string? SocketMode { get; set; }

    public bool? ConnectEnabled { get; set; }

    public string? CaProvider { get; set; }

    /// <summary><c>connect.ca_config</c> by the wire's names. May hold a key: never printed.</summary>
    public Dictionary<string, System.Text.Json.JsonElement> CaConfig { get; } = new(StringComparer.Ordinal);

    public bool? ShowCaSecrets { get; set; }

    public bool? CaAutoRotate { get; set; }

    public string? RootChangeSpread { get; set; }

    public bool? AuthorizeStrict { get; set; }

    public List<string> AuthorizeDatacenters { get; } = [];

    public bool? AuthorizeNormalizePaths { get; set; }

    public bool? AuthorizeEachHeader { get; set; }

    public string? AuthorizePathParameters { get; set; }

    public string? DefaultIntentionPolicy { get; set; }

    public bool? AclEnabled { get; set; }

    public string? AclDefaultPolicy { get; set; }

    public string? AclDefaultToken { get; set; }

    public string? AclManagementToken { get; set; }

    public string? AclDownPolicy { get; set; }

    public string? AclTokenTtl { get; set; }

    public string? AclPolicyTtl { get; set; }

    public string? AclRoleTtl { get; set; }

    public bool? AclStrictRules { get; set; }

    public bool? PersistTokens { get; set; }

    public string? AclRecoveryToken { get; set; }

    public string? DefaultQueryTime { get; set; }

    public string? MaxQueryTime { get; set; }

    public string? LogLevel { get; set; }

    public bool? LogJson { get; set; }

    public string? PidFile { get; set; }

    public bool? SkipLeaveOnInterrupt { get; set; }

    public bool? EnableDebug { get; set; }

    public bool? UseCache { get; set; }

    public bool? DisableUnprintableFilter { get; set; }

    public Dictionary<string, string> ResponseHeaders { get; } = new(StringComparer.OrdinalIgnoreCase);

    public List<string> BlockEndpoints { get; } = [];

    public List<string> AllowWriteHttpFrom { get; } = [];

    public int? MaxConnectionsPerClient { get; set; }

    public bool? CheckHost { get; set; }

    public List<string> AllowedHosts { get; } = [];

    public int? CacheMaxEntries { get; set; }

    public int? CacheMaxEntriesPerToken { get; set; }

    public int? CacheMaxBytes { get; set; }

    public int? CacheMaxBytesPerToken { get; set; }

    public List<string> Servers { get; } = [];

    public string? ServerTimeout { get; set; }

    public string? ServerAuthorityFile { get; set; }

    public string? ServerCertificateFile { get; set; }

    public string? ServerKeyFile { get; set; }

    public string? ServerTlsName { get; set; }

    public bool? DelegateLeaf { get; set; }

    public bool? CachePersistence { get; set; }

    /// <summary>TLS as the keys of the top level have it.</summary>
    public TlsValues TlsTop { get; } = new();

    /// <summary><c>tls.defaults</c>.</summary>
    public TlsValues TlsDefaults { get; } = new();

    /// <summary><c>tls.https</c>.</summary>
    public TlsValues TlsHttps { get; } = new();

    public bool? VerifyIncomingHttps { get; set; }

    public string? HandshakeTimeout { get; set; }

    public int? MaxHeaderBytes { get; set; }

    /// <summary><c>config_entries.bootstrap</c>, JSON objects.</summary>
    public List<string> BootstrapEntries { get; } = [];

    public double? EntryFetchRate { get; set; }

    public int? EntryFetchMaxBurst { get; set; }

    public string? PrometheusRetention { get; set; }

    public string? OtlpEndpoint { get; set; }

    public int? RaftMultiplier { get; set; }

    /// <summary>Keys and flags that are set and have no effect.</summary>
    public List<string> WithoutEffect { get; } = [];

    /// <summary>Notes for the log, once it is there.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>What stands under <see cref="DeprecatedKeys"/>, by key.</summary>
    public Dictionary<string, string> Deprecated { get; } = new(StringComparer.Ordinal);
}
