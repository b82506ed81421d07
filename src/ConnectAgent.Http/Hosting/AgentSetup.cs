using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;

namespace ConnectAgent.Http.Hosting;

/// <summary>What the features of one agent are made with; the executable has it from its configuration, a mesh in a test from its options. Holds tokens: never printed.</summary>
internal sealed record AgentSetup
{
    public required AgentIdentity Identity { get; init; }

    /// <summary>The agent's own node.</summary>
    public required CatalogNode Node { get; init; }

    /// <summary>The control plane in this process; null: the servers are <see cref="RemoteServers"/>.</summary>
    public ControlPlaneSetup? ControlPlane { get; init; }

    /// <summary>Where there is no control plane.</summary>
    public RemoteServersSetup? RemoteServers { get; init; }

    public AuthorizeOptions Authorize { get; init; } = new();

    public LeafOptions Leaves { get; init; } = new();

    public LocalServiceOptions LocalServices { get; init; } = new();

    /// <summary>The agent's own tokens.</summary>
    public required AgentTokenOptions Tokens { get; init; }

    /// <summary>How long blocking queries may be held.</summary>
    public required BlockingLimits Blocking { get; init; }

    public CheckOptions Checks { get; init; } = new();

    public SyncOptions Sync { get; init; } = new();

    /// <summary>Whether config entries are laid over local proxies.</summary>
    public bool UsesCentralConfig { get; init; } = true;

    public WireOptions Wire { get; init; } = new();

    /// <summary>0: Prometheus text is refused.</summary>
    public TimeSpan PrometheusRetention { get; init; }

    /// <summary>Bounds of the cache.</summary>
    public Action<CacheOptions> Cache { get; init; } = static _ => { };

    /// <summary>Fetches of one cache entry.</summary>
    public FetchLimits FetchLimits { get; init; } = FetchLimits.None;

    /// <summary>Where the cache is sealed; null: nowhere.</summary>
    public string? CacheDirectory { get; init; }

    // Records print their members.
    public override string ToString() => Identity.ToString();
}

/// <summary>The control plane of the same process.</summary>
internal sealed record ControlPlaneSetup
{
    /// <summary>The CA. May hold a key: never printed.</summary>
    public required AuthorityOptions Authority { get; init; }

    public AclOptions Acl { get; init; } = new();

    /// <summary>Where state is kept; null: in memory.</summary>
    public string? StateDirectory { get; init; }

    public SnapshotOptions Snapshots { get; init; } = new();

    /// <summary>The port that the server's own service shows.</summary>
    public int ServerPort { get; init; } = 8300;

    public override string ToString() => "control plane";
}

/// <summary>Servers in other processes.</summary>
/// <param name="Servers">How they are reached.</param>
/// <param name="Tokens">How tokens are resolved there.</param>
/// <param name="DelegatesLeaves">Whether they make the keys of leaves.</param>
internal sealed record RemoteServersSetup(ConsulServerOptions Servers, RemoteTokenOptions Tokens, bool DelegatesLeaves)
{
    public override string ToString() => "remote servers";
}
