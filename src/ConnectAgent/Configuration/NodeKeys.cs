using System.Net;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Who the agent is, where it keeps its data, and how it runs.</summary>
internal static class NodeKeys
{
    public static readonly KeyTable Table = new();

    public static readonly ConfigKey<string> NodeName = Table.Bound("node_name", NodeNameOf).WithFlag("node", "The node's name.");

    /// <summary>Lower case; empty: the start gives it one.</summary>
    public static readonly ConfigKey<string> NodeId = Table.Bound("node_id", NodeIdOf).WithFlag("node-id", "The node's UUID.");

    public static readonly ConfigKey<Dictionary<string, string>> NodeMeta = Table.Map("node_meta", static meta => MetaRules.Find(meta, string.Empty) is { } wrong
        ? throw new ConfigurationException($"node_meta invalid: {wrong.Text}")
        : meta).WithFlag("node-meta", "A key:value pair of node metadata; may be repeated.").Reloaded();

    public static readonly ConfigKey<string> Datacenter = Table.Bound("datacenter", static (key, text) => DatacenterName(key, text ?? "dc1"))
        .WithFlag("datacenter", "The datacenter's name.");

    /// <summary>Null: the datacenter.</summary>
    public static readonly ConfigKey<string?> PrimaryDatacenter = Table.Bound(
        "primary_datacenter", static (key, text) => string.IsNullOrEmpty(text) ? null : DatacenterName(key, text));

    /// <summary>Null: in development mode.</summary>
    public static readonly ConfigKey<bool?> Server = Table.Flag("server").WithFlag("server", "Whether the embedded control plane runs.");

    public static readonly ConfigKey<bool?> Bootstrap = Table.Flag("bootstrap").WithFlag("bootstrap", "Checked; the embedded control plane leads itself.");

    public static readonly ConfigKey<int?> BootstrapExpect = Table.Number("bootstrap_expect")
        .WithFlag("bootstrap-expect", "Checked; the embedded control plane leads itself.");

    public static readonly ConfigKey<string?> DataDirectory = Table.Text("data_dir").WithFlag("data-dir", "Where durable state lives.");

    public static readonly ConfigKey<long> SnapshotMaxBytes = Table.Positive(State.Snapshots.SnapshotOptions.Key, new State.Snapshots.SnapshotOptions().MaxBytes);

    /// <summary>Null: depends on the mode.</summary>
    public static readonly ConfigKey<string?> BindAddress = Table.Bound("bind_addr", static (key, text) => text is null ? null : BindAddressOf(AddressTemplate.Resolve(key, text)))
        .WithFlag("bind", "The cluster address; it is reported, and nothing listens there.");

    public static readonly ConfigKey<string?> AdvertiseAddress = Table.Bound("advertise_addr", AdvertiseAddressOf).WithFlag("advertise", "The address that is reported.");

    public static readonly ConfigKey<TimeSpan> DefaultQueryTime = Table.Duration("default_query_time", State.BlockingLimits.Standard.Default)
        .WithFlag("default-query-time", "Time limit of a blocking query that names none.");

    public static readonly ConfigKey<TimeSpan> QueryTimeLimit = Table.Duration("max_query_time", State.BlockingLimits.Standard.Longest)
        .WithFlag("max-query-time", "Longest time limit of a blocking query.");

    /// <summary>Null: depends on the mode.</summary>
    public static readonly ConfigKey<string?> LogLevel = Table.Bound("log_level", static (_, text) => text is null ? null : LogLevels.Check(text))
        .WithFlag("log-level", "TRACE, DEBUG, INFO, WARN or ERROR.").Reloaded();

    public static readonly ConfigKey<bool> LogJson = Table.Flag("log_json", fallback: false).WithFlag("log-json", "Whether the log is JSON.");

    public static readonly ConfigKey<bool> AutoReload = Table.Flag("auto_reload_config", fallback: false)
        .WithFlag("auto-reload-config", "Whether the configuration is reloaded when its files change.");

    public static readonly ConfigKey<string?> PidFile = Table.Text("pid_file").WithFlag("pid-file", "Where the process ID is written.");

    /// <summary>Null: with a control plane.</summary>
    public static readonly ConfigKey<bool?> SkipLeaveOnInterrupt = Table.Flag("skip_leave_on_interrupt");

    /// <summary>Null: in development mode.</summary>
    public static readonly ConfigKey<bool?> EnableDebug = Table.Flag("enable_debug");

    /// <summary>Whether config entries are laid over local proxies (services CENT-5).</summary>
    public static readonly ConfigKey<bool> CentralConfig = Table.Flag("enable_central_service_config", fallback: true);

    /// <summary>Where traces and metrics are sent; null: nowhere, and nothing is traced.</summary>
    public static readonly ConfigKey<Uri?> OtlpEndpoint = Table.Bound(
        "telemetry.otlp_endpoint", static (key, text) => string.IsNullOrEmpty(text) ? null : ServerAddress.Parse(key, text));

    /// <summary>Checked, without effect.</summary>
    public static readonly ConfigKey<int?> RaftMultiplier = Table.Number("performance.raft_multiplier", KeyEffect.None);

    /// <summary>Checked, without effect: what replicates does not listen here.</summary>
    public static readonly ConfigKey<int?> RaftProtocol = Table.Number("raft_protocol", KeyEffect.None).WithFlag("raft-protocol", AgentKeys.InertFlag);

    /// <summary>Whether this node leads itself: the embedded control plane is always alone.</summary>
    public static bool Leads(ConfigValues values) => values.Of(Bootstrap) is true || values.Of(BootstrapExpect) == 1;

    /// <summary>The cluster address.</summary>
    public static string BindAddressOf(ConfigValues values, bool devMode) => values.Of(BindAddress) ?? (devMode ? "127.0.0.1" : "0.0.0.0");

    private static string NodeNameOf(string key, string? name)
    {
        var trimmed = (string.IsNullOrEmpty(name) ? Environment.MachineName : name).Trim();
        Require(trimmed.Length > 0, "node_name cannot be empty");
        return trimmed;
    }

    private static string NodeIdOf(string key, string? id)
    {
        Require(string.IsNullOrEmpty(id) || Guid.TryParseExact(id, "D", out _), $"specified NodeID is invalid: {id} is no UUID");
        return id?.ToLowerInvariant() ?? string.Empty;
    }

    private static string? AdvertiseAddressOf(string key, string? text)
    {
        var address = text is null ? null : AddressTemplate.Resolve(key, text);
        Require(address is null || !IpLiteral.IsAny(address), "Advertise address cannot be 0.0.0.0, :: or [::]");
        return address;
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
}
