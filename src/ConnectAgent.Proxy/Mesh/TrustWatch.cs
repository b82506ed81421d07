using System.Collections.Concurrent;
using ConnectAgent.Client;

namespace ConnectAgent.Proxy.Mesh;

/// <summary>Looks at the certificates behind open connections again when the roots have changed. Nothing is asked of anybody.</summary>
internal sealed class TrustWatch : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Watched, byte> _watched = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ConnectIdentity _identity;
    private readonly Task _running;

    public TrustWatch(ConnectIdentity identity)
    {
        _identity = identity;
        _running = RunAsync();
    }

    public IDisposable Add(PeerIdentity peer, Action distrusted)
    {
        var watched = new Watched(this, peer, distrusted);
        _watched[watched] = 0;

        // The roots may have changed since the handshake.
        watched.Judge(_identity.Current.Trust);
        return watched;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            for (var seen = _identity.Current; ; seen = _identity.Current)
            {
                await _identity.WhenChangedAsync(seen, _stop.Token);
                foreach (var (watched, _) in _watched)
                {
                    watched.Judge(_identity.Current.Trust);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
    }

    private sealed class Watched(TrustWatch owner, PeerIdentity peer, Action distrusted) : IDisposable
    {
        public void Judge(TrustBundle trust)
        {
            if (!PeerCertificate.IsStillTrusted(peer, trust) && owner._watched.TryRemove(this, out _))
            {
                distrusted();
            }
        }

        public void Dispose() => owner._watched.TryRemove(this, out _);
    }
}
