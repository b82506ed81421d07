namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>
/// Which server is asked: one until it fails, then the next in an order that differs from agent to agent, so that the agents of a lost server
/// spread over the others.
/// </summary>
internal sealed class ServerSelection
{
    private readonly int[] _order;
    private int _position;

    /// <summary>Draws the order.</summary>
    /// <param name="count">How many servers there are, at least one.</param>
    /// <param name="random">Draws the order, once.</param>
    public ServerSelection(int count, Random random)
    {
        _order = [.. Enumerable.Range(0, count)];
        random.Shuffle(_order);
    }

    /// <summary>The server to ask now.</summary>
    public int Current => _order[Volatile.Read(ref _position)];

    /// <summary>The server to ask next for one call: from the current one on, those that are unreachable last.</summary>
    /// <param name="tried">By server; at least one is false.</param>
    /// <param name="isUnreachable">Whether a call is expected to fail there.</param>
    public int Next(bool[] tried, Func<int, bool> isUnreachable)
    {
        var position = Volatile.Read(ref _position);
        var first = -1;
        for (var step = 0; step < _order.Length; step++)
        {
            var server = _order[(position + step) % _order.Length];
            if (!tried[server])
            {
                if (!isUnreachable(server))
                {
                    return server;
                }

                first = first < 0 ? server : first;
            }
        }

        return first;
    }

    /// <summary>Leaves a server. Of many calls that fail at once only the first does.</summary>
    /// <param name="server">The one that failed.</param>
    /// <param name="isUnreachable">Whether a call is expected to fail there; such servers are passed over while there are others.</param>
    /// <returns>False when it is not the current one any more, or the only one.</returns>
    public bool Leave(int server, Func<int, bool> isUnreachable)
    {
        var position = Volatile.Read(ref _position);
        if (_order.Length == 1 || _order[position] != server)
        {
            return false;
        }

        var next = (position + 1) % _order.Length;
        for (var step = 1; step < _order.Length; step++)
        {
            var candidate = (position + step) % _order.Length;
            if (!isUnreachable(_order[candidate]))
            {
                next = candidate;
                break;
            }
        }

        return Interlocked.CompareExchange(ref _position, next, position) == position;
    }

    /// <summary>Turns to a server.</summary>
    public void MoveTo(int server) => Volatile.Write(ref _position, Array.IndexOf(_order, server));
}
