using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>
/// How much a config entry may hold, intentions included. The reference bounds meta only (<see cref="EntryMeta"/>); no real mesh comes near
/// these. Depth is bounded where bodies are read.
/// </summary>
internal static class ConfigBounds
{
    private const string Refused = "refused: 400";

    /// <summary>Entries of one kind. Each write of a chain's entry walks all chains.</summary>
    [Limit("config_entries.of_kind", "entries", Refused, Refuses = true)]
    public static readonly CountBound Entries = new("config_entries.of_kind", 1_000_000);

    /// <summary>Of one destination: a hundred thousand decide as fast as ten (docs/performance.md).</summary>
    [Limit("config_entries.sources", "entries", Refused, Refuses = true)]
    public static readonly CountBound Sources = new("config_entries.sources", 250_000);

    /// <summary>Of one source.</summary>
    [Limit("config_entries.permissions", "entries", Refused, Refuses = true)]
    public static readonly CountBound Permissions = new("config_entries.permissions", 1024);

    /// <summary>The headers, query parameters or methods of one permission or route.</summary>
    [Limit("config_entries.conditions", "entries", Refused, Refuses = true)]
    public static readonly CountBound Conditions = new("config_entries.conditions", 256);

    /// <summary>Providers, claims of one, or steps of a claim's path.</summary>
    [Limit("config_entries.jwt", "entries", Refused, Refuses = true)]
    public static readonly CountBound Jwt = new("config_entries.jwt", 256);

    [Limit("config_entries.routes", "entries", Refused, Refuses = true)]
    public static readonly CountBound Routes = new("config_entries.routes", 4096);

    [Limit("config_entries.retry_codes", "entries", Refused, Refuses = true)]
    public static readonly CountBound RetryCodes = new("config_entries.retry_codes", 1024);

    [Limit("config_entries.splits", "entries", Refused, Refuses = true)]
    public static readonly CountBound Splits = new("config_entries.splits", 4096);

    [Limit("config_entries.subsets", "entries", Refused, Refuses = true)]
    public static readonly CountBound Subsets = new("config_entries.subsets", 4096);

    [Limit("config_entries.failovers", "entries", Refused, Refuses = true)]
    public static readonly CountBound Failovers = new("config_entries.failovers", 4097); // one for each subset, and the one for all

    /// <summary>Of one failover.</summary>
    [Limit("config_entries.datacenters", "entries", Refused, Refuses = true)]
    public static readonly CountBound Datacenters = new("config_entries.datacenters", 1024);

    [Limit("config_entries.hash_policies", "entries", Refused, Refuses = true)]
    public static readonly CountBound HashPolicies = new("config_entries.hash_policies", 256);

    [Limit("config_entries.overrides", "entries", Refused, Refuses = true)]
    public static readonly CountBound Overrides = new("config_entries.overrides", 10_000);

    [Limit("config_entries.expose_paths", "entries", Refused, Refuses = true)]
    public static readonly CountBound ExposePaths = new("config_entries.expose_paths", 1024);

    [Limit("config_entries.listeners", "entries", Refused, Refuses = true)]
    public static readonly CountBound Listeners = new("config_entries.listeners", 4096);

    /// <summary>Of one listener, or of one terminating gateway.</summary>
    [Limit("config_entries.services", "entries", Refused, Refuses = true)]
    public static readonly CountBound Services = new("config_entries.services", 10_000);

    /// <summary>Of one service of a listener.</summary>
    [Limit("config_entries.hosts", "entries", Refused, Refuses = true)]
    public static readonly CountBound Hosts = new("config_entries.hosts", 1024);

    /// <summary>Headers that a listener's service adds, sets or removes.</summary>
    [Limit("config_entries.header_changes", "entries", Refused, Refuses = true)]
    public static readonly CountBound HeaderChanges = new("config_entries.header_changes", 256);
}
