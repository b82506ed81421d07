using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Protocol.Services;

/// <summary>How much one registration may hold. The reference has no such bounds; a body is bounded as a whole.</summary>
public static class ServiceBounds
{
    [Limit("services.name", "bytes", "refused: 400", Refuses = true)]
    public static readonly LengthBound Name = new("services.name", 4096);

    /// <summary>Of a service with an agent: the IDs of its sidecar, of its checks and of its maintenance are made out of it, and must still be names.</summary>
    [Limit("services.id", "bytes", "refused: 400", Refuses = true)]
    public static readonly LengthBound Id = new("services.id", 4032);

    [Limit("services.text", "bytes", "refused: 400", Refuses = true)]
    public static readonly LengthBound Text = new("services.text", 65_536);

    [Limit("services.checks", "checks", "refused: 400", Refuses = true)]
    public static readonly CountBound Checks = new("services.checks", 256);

    [Limit("services.entries", "entries", "refused: 400", Refuses = true)]
    public static readonly CountBound Entries = new("services.entries", 1024);

    /// <summary>Of <c>Config</c>. It is shown deeper in answers than it stood in a registration, and readers of JSON have bounds, too.</summary>
    [Limit("services.config_depth", "levels", "refused: 400", Refuses = true)]
    internal static readonly DepthBound ConfigDepth = new("services.config_depth", 48);
}
