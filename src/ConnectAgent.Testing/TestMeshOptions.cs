using Microsoft.Extensions.Logging;

namespace ConnectAgent.Testing;

/// <summary>How a <see cref="TestMesh"/> is made. Nothing of it must be set.</summary>
public sealed record TestMeshOptions
{
    /// <summary>The datacenter: lower case, <c>dc1</c> unless it is set.</summary>
    public string Datacenter { get; init; } = "dc1";

    /// <summary>The name of the agent's node; <c>test</c> unless it is set.</summary>
    public string NodeName { get; init; } = "test";

    /// <summary>Whether a connection that no intention matches is allowed. True unless it is set, as in an agent without ACLs.</summary>
    public bool AllowsByDefault { get; init; } = true;

    /// <summary>
    /// Whether the agent has ACLs, with a default policy of deny; <see cref="TestMesh.ManagementToken"/> may do everything. False unless it is set: nobody needs a token.
    /// With ACLs, what no intention matches is denied, whatever <see cref="AllowsByDefault"/> says.
    /// </summary>
    public bool HasAcls { get; init; }

    /// <summary>The life of a leaf, from one hour to a year; 72 hours unless it is set. The agent renews it between 60 % and 90 % of that.</summary>
    public TimeSpan LeafLifetime { get; init; } = TimeSpan.FromHours(72);

    /// <summary>
    /// What <see cref="TestMesh.Clock"/> shows at first; the time of the start unless it is set. Peers that judge certificates by the time of the system, as programs outside the test do,
    /// need it near that.
    /// </summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Adds where the agent's log goes; it goes nowhere unless it is set.</summary>
    public Action<ILoggingBuilder>? ConfigureLogging { get; init; }
}
