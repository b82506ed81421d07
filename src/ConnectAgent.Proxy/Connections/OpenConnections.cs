using System.Collections.Concurrent;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Options;

namespace ConnectAgent.Proxy.Connections;

/// <summary>All connections of one proxy, from the moment that their peer is known: how many there may be, and which must go.</summary>
/// <param name="limits">How many.</param>
/// <param name="refusals">Counts who came beyond.</param>
internal sealed class OpenConnections(ProxyLimits limits, LimitMetrics refusals)
{
    private readonly ConcurrentDictionary<OpenConnection, byte> _open = [];
    private readonly Dictionary<string, int> _perPeer = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private TaskCompletionSource? _empty;
    private int _places;

    public int Count => _open.Count;

    /// <summary>All that are open at this moment.</summary>
    public IEnumerable<OpenConnection> All => _open.Select(static pair => pair.Key);

    /// <summary>Takes a place for a connection that was just accepted, whose peer nobody knows yet.</summary>
    /// <returns>False: all are taken.</returns>
    public bool TryTakePlace()
    {
        if (Interlocked.Increment(ref _places) <= limits.Connections)
        {
            return true;
        }

        LeavePlace();
        refusals.Refused(ProxyLimits.ConnectionsName);
        return false;
    }

    /// <summary>Gives it back.</summary>
    public void LeavePlace()
    {
        if (Interlocked.Decrement(ref _places) == 0)
        {
            Volatile.Read(ref _empty)?.TrySetResult();
        }
    }

    /// <summary>From now on it can be ended.</summary>
    /// <returns>False: its peer has too many.</returns>
    public bool TryAdd(OpenConnection connection)
    {
        if (connection.IsInbound && !TryCount(connection.Peer.Uri))
        {
            refusals.Refused(ProxyLimits.PerPeerName);
            return false;
        }

        _open[connection] = 0;
        return true;
    }

    public void Remove(OpenConnection connection)
    {
        if (!_open.TryRemove(connection, out _) || !connection.IsInbound)
        {
            return;
        }

        lock (_gate)
        {
            var left = _perPeer[connection.Peer.Uri] - 1;
            if (left > 0)
            {
                _perPeer[connection.Peer.Uri] = left;
            }
            else
            {
                _perPeer.Remove(connection.Peer.Uri);
            }
        }
    }

    /// <summary>Ends those that a rule names.</summary>
    /// <returns>How many.</returns>
    public int EndWhere(Func<OpenConnection, bool> rule, string reason) => All.Where(rule).Count(connection => connection.End(reason));

    /// <summary>Waits until there is none, and ends what is left when the time is over.</summary>
    public async Task DrainAsync(TimeSpan time, TimeProvider clock)
    {
        var empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _empty, empty);
        if (Volatile.Read(ref _places) == 0)
        {
            return;
        }

        try
        {
            await empty.Task.WaitAsync(time, clock);
        }
        catch (TimeoutException)
        {
            EndWhere(static _ => true, EndReason.Stopped);
        }
    }

    private bool TryCount(string peer)
    {
        lock (_gate)
        {
            var count = _perPeer.GetValueOrDefault(peer);
            if (count >= limits.ConnectionsPerPeer)
            {
                return false;
            }

            _perPeer[peer] = count + 1;
            return true;
        }
    }
}
