using ConnectAgent.Client;
using ConnectAgent.Proxy.Pumping;

namespace ConnectAgent.Proxy.Connections;

/// <summary>A connection that carries bytes.</summary>
/// <param name="peer">Who is at its end in the mesh.</param>
/// <param name="isInbound">Whether the peer has connected to us.</param>
/// <param name="traffic">What it has carried.</param>
/// <param name="cut">Ends it.</param>
internal sealed class OpenConnection(PeerIdentity peer, bool isInbound, Traffic traffic, Action cut)
{
    private string? _reason;

    public PeerIdentity Peer => peer;

    public bool IsInbound => isInbound;

    public Traffic Traffic => traffic;

    /// <summary>Why the proxy has ended it; null: it has not.</summary>
    public string? Reason => Volatile.Read(ref _reason);

    /// <summary>Ends it; only the first reason counts.</summary>
    /// <returns>Whether this was the first.</returns>
    public bool End(string reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason, null) is not null)
        {
            return false;
        }

        cut();
        return true;
    }
}
