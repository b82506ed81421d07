namespace ConnectAgent.Proxy.Mesh;

/// <summary>A connection cannot be.</summary>
/// <param name="reason">One of <see cref="EndReason"/>.</param>
/// <param name="message">More of it, for the log.</param>
internal sealed class MeshException(string reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public string Reason => reason;
}
