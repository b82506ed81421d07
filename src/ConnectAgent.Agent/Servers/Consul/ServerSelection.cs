namespace ConnectAgent.Agent.Servers.Consul;

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

    /// <summary>Turns away from a server. Of many calls that fail at once only the first turns.</summary>
    /// <returns>False when it is not the current one any more, or the only one.</returns>
    public bool Leave(int server)
    {
        var position = Volatile.Read(ref _position);
        return _order.Length > 1
            && _order[position] == server
            && Interlocked.CompareExchange(ref _position, (position + 1) % _order.Length, position) == position;
    }
}
