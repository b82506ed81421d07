using System.Net.Sockets;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy.Options;

namespace ConnectAgent.Proxy.Connections;

/// <summary>Connections whose peer has not said who it is. Beyond the bound the oldest goes, so that silent ones refuse nobody else.</summary>
internal sealed class PendingHandshakes(ProxyLimits limits, LimitMetrics refusals)
{
    private readonly LinkedList<Socket> _pending = [];
    private readonly Lock _gate = new();

    public LinkedListNode<Socket> Enter(Socket socket)
    {
        LinkedListNode<Socket>? oldest = null;
        LinkedListNode<Socket> entered;
        lock (_gate)
        {
            entered = _pending.AddLast(socket);
            if (_pending.Count > limits.Handshakes)
            {
                oldest = _pending.First!;
                _pending.RemoveFirst();
            }
        }

        if (oldest is not null)
        {
            refusals.Refused(ProxyLimits.HandshakesName);
            oldest.Value.Dispose();
        }

        return entered;
    }

    public void Leave(LinkedListNode<Socket> entered)
    {
        lock (_gate)
        {
            if (entered.List is not null)
            {
                _pending.Remove(entered);
            }
        }
    }
}
