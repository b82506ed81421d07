namespace ConnectAgent.Proxy.Mesh;

/// <summary>Why a connection has ended, or never began; the words of metrics and of the access log.</summary>
internal static class EndReason
{
    /// <summary>Both sides were done.</summary>
    public const string Closed = "closed";

    /// <summary>One side has gone in the middle.</summary>
    public const string Broken = "broken";

    /// <summary>The decision was, or has become, deny.</summary>
    public const string Denied = "denied";

    /// <summary>The peer's certificate is not, or no longer, good for the current roots.</summary>
    public const string Untrusted = "untrusted";

    /// <summary>Nothing was carried for too long.</summary>
    public const string Idle = "idle";

    /// <summary>The proxy stops.</summary>
    public const string Stopped = "stopped";

    /// <summary>A bound refused it.</summary>
    public const string Limit = "limit";

    /// <summary>There was no good handshake.</summary>
    public const string Handshake = "handshake";

    /// <summary>Nobody could say whether it may be.</summary>
    public const string Undecided = "undecided";

    /// <summary>No instance, or the service itself, could be connected to.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>There is no healthy instance.</summary>
    public const string NoInstance = "no_instance";
}
