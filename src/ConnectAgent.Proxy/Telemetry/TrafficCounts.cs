using System.Collections.Concurrent;
using ConnectAgent.Proxy.Pumping;

namespace ConnectAgent.Proxy.Telemetry;

/// <summary>What one listener has seen. Bytes of connections that are open are counted when they are read.</summary>
internal sealed class TrafficCounts
{
    private readonly ConcurrentDictionary<Traffic, byte> _open = [];
    private readonly ConcurrentDictionary<string, long> _ends = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private long _there;
    private long _back;
    private long _accepted;
    private long _handshakes;
    private long _retries;
    private long _requests;
    private long _deniedRequests;

    public long Open => _open.Count;

    public long Accepted => Interlocked.Read(ref _accepted);

    public long Handshakes => Interlocked.Read(ref _handshakes);

    public long Retries => Interlocked.Read(ref _retries);

    public long Requests => Interlocked.Read(ref _requests);

    public long DeniedRequests => Interlocked.Read(ref _deniedRequests);

    public long There => Sum(ref _there, static traffic => traffic.There);

    public long Back => Sum(ref _back, static traffic => traffic.Back);

    /// <summary>How often, by reason.</summary>
    public IEnumerable<KeyValuePair<string, long>> Ends => _ends;

    public void CountAccepted() => Interlocked.Increment(ref _accepted);

    public void CountHandshake() => Interlocked.Increment(ref _handshakes);

    public void CountRetry() => Interlocked.Increment(ref _retries);

    public void CountRequest(bool isDenied) => Interlocked.Increment(ref isDenied ? ref _deniedRequests : ref _requests);

    /// <summary>It carries from now on.</summary>
    public void Opened(Traffic traffic) => _open[traffic] = 0;

    /// <summary>It does no more; null: it never did.</summary>
    public void Ended(Traffic? traffic, string reason)
    {
        _ends.AddOrUpdate(reason, 1, static (_, count) => count + 1);
        if (traffic is null)
        {
            return;
        }

        // What is summed up meanwhile is counted once, as open or as ended.
        lock (_gate)
        {
            if (_open.TryRemove(traffic, out _))
            {
                _there += traffic.There;
                _back += traffic.Back;
            }
        }
    }

    private long Sum(ref long ended, Func<Traffic, long> of)
    {
        lock (_gate)
        {
            return ended + _open.Sum(pair => of(pair.Key));
        }
    }
}
