namespace ConnectAgent.Client;

/// <summary>A decision about one open connection that is kept up to date. Dispose it with the connection.</summary>
public sealed class DecisionWatch : IDisposable
{
    private readonly Decision _first;
    private DecisionGroup? _group;

    internal DecisionWatch(Decision first, DecisionGroup? group)
    {
        (_first, _group) = (first, group);
        Denied = group?.Denied ?? new CancellationToken(canceled: true);
    }

    /// <summary>As it is now. Once it is a denial it stays one: who connects again is asked about anew.</summary>
    public Decision Decision => Volatile.Read(ref _group)?.Denial ?? _first;

    /// <summary>Cancelled when the decision turns to deny, or at once when it is one: then the connection must end.</summary>
    public CancellationToken Denied { get; }

    /// <summary>Ends the watch; the decision stays as it was.</summary>
    public void Dispose() => Interlocked.Exchange(ref _group, null)?.Leave();
}

/// <summary>All connections of one certificate: they are allowed and denied together.</summary>
#pragma warning disable CA1001 // Nothing is held by a source without a timer, and watches that were given back may still be asked for its token.
internal sealed class DecisionGroup(PeerIdentity peer, Action<DecisionGroup> forget)
{
    private readonly CancellationTokenSource _denied = new();
    private Decision? _denial;
    private int _connections;

    public PeerIdentity Peer => peer;

    public CancellationToken Denied => _denied.Token;

    public Decision? Denial => Volatile.Read(ref _denial);

    public static (string Uri, string Serial, string Root) KeyOf(PeerIdentity peer) => (peer.Uri, peer.SerialNumber, peer.Root);

    /// <summary>Counts one more connection.</summary>
    /// <returns>False when the last one has left, or they were denied: who comes now belongs to another group.</returns>
    public bool TryJoin()
    {
        lock (_denied)
        {
            if (_connections < 0)
            {
                return false;
            }

            _connections++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_denied)
        {
            if (_connections < 0 || --_connections > 0)
            {
                return;
            }

            _connections = -1;
        }

        forget(this);
    }

    /// <summary>Denies all of them, and waits until those who close them have done so.</summary>
    /// <exception cref="AggregateException">What they threw.</exception>
    public async Task DenyAsync(Decision denial)
    {
        lock (_denied)
        {
            if (_connections < 0)
            {
                return;
            }

            _connections = -1;
            Volatile.Write(ref _denial, denial);
        }

        forget(this);
        await _denied.CancelAsync();
    }
}
