using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>Where the servers are and how long they may take; docs/configuration.md has the keys.</summary>
internal sealed class ConsulServerOptions
{
    /// <summary>Unless it is configured.</summary>
    [Limit("servers.call", "s", "the server counts as unreachable", Key = "connect_agent.server_timeout")]
    public static readonly TimeSpan DefaultRequestTime = TimeSpan.FromSeconds(10);

    /// <summary><c>http://host:port</c> or <c>https://host:port</c>, at least one.</summary>
    public required IReadOnlyList<Uri> Servers { get; init; }

    /// <summary>The agent's own, which the servers are in; what they are asked about another one they pass on.</summary>
    public string Datacenter { get; init; } = "dc1";

    /// <summary>Time limit of a call that does not hold; added to the hold of one that does (GH-14233).</summary>
    public TimeSpan RequestTime { get; init; } = DefaultRequestTime;

    /// <summary>For <c>https</c> servers, at the start; it may be replaced.</summary>
    public ServerTls Tls { get; init; } = new();
}
