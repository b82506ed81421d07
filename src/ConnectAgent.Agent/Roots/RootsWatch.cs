using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Roots;

/// <summary>
/// Tells thousands of leaves of a change of the roots (leaf-certificates LEAF-70, LEAF-71: any change wakes, the waiter compares), and of servers that
/// became unreachable or came back (LEAF-82). One watch for each datacenter, which ends with the last who waits.
/// </summary>
internal sealed class RootsWatch(AgentCache cache, RootsKind kind, TimeProvider clock, ILogger<RootsWatch> logger)
{
    // The cache may refuse the entry, for instance while the agent shuts down: who waits looks again, but not in a busy loop.
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Watch> _watches = new(StringComparer.Ordinal);

    /// <summary>How many wait now.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _watches.Values.Sum(watch => watch.Waiters.Count);
            }
        }
    }

    /// <summary>Starts to wait for other roots than those that were seen.</summary>
    /// <param name="datacenter">Whose.</param>
    /// <param name="seen">Read from the cache a moment ago.</param>
    /// <param name="waiter">Completed once; its continuations must run asynchronously.</param>
    public void Join(string datacenter, CacheAnswer<CaRoots> seen, TaskCompletionSource waiter)
    {
        Watch? outdated;
        lock (_gate)
        {
            if (_watches.TryGetValue(datacenter, out outdated) && outdated.IsOf(seen))
            {
                outdated.Waiters.Add(waiter);
                return;
            }

            var watch = new Watch(datacenter, seen);
            watch.Waiters.Add(waiter);
            _watches[datacenter] = watch;

            // It belongs to all who wait, not to this caller.
            using (ExecutionContext.SuppressFlow())
            {
                _ = Task.Run(() => RunAsync(watch), CancellationToken.None);
            }
        }

        // Somebody has seen others, so those who waited before shall look again.
        outdated?.End();
    }

    /// <summary>Waits no more; fine at any time.</summary>
    public void Leave(string datacenter, TaskCompletionSource waiter)
    {
        Watch? left = null;
        lock (_gate)
        {
            if (_watches.TryGetValue(datacenter, out var watch) && watch.Waiters.Remove(waiter) && watch.Waiters.Count == 0)
            {
                _watches.Remove(datacenter);
                left = watch;
            }
        }

        left?.End();
    }

    private async Task RunAsync(Watch watch)
    {
        try
        {
            await cache.ChangedAsync(kind, new RootsRequest(watch.Datacenter), watch.Seen, watch.Ended);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            if (error is not ServerException)
            {
                // A bug: heard, and no end of the watch.
                logger.WatchBroke(error);
            }

            await clock.PauseAsync(AfterRefusal, watch.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (OperationCanceledException)
        {
            // Nobody waits any more, or those who do have been told.
            return;
        }

        lock (_gate)
        {
            if (_watches.GetValueOrDefault(watch.Datacenter) == watch)
            {
                _watches.Remove(watch.Datacenter);
            }
        }

        watch.End();
    }

#pragma warning disable CA1001 // The source holds no timer and no handle; disposing it would race with the loop that it ends.
    private sealed class Watch(string datacenter, CacheAnswer<CaRoots> seen)
    {
        private readonly CancellationTokenSource _end = new();

        public string Datacenter => datacenter;

        public CacheAnswer<CaRoots> Seen => seen;

        public CancellationToken Ended => _end.Token;

        public HashSet<TaskCompletionSource> Waiters { get; } = [];

        public bool IsOf(CacheAnswer<CaRoots> other) => (other.Index, other.InContact) == (seen.Index, seen.InContact);

        /// <summary>Once it is out of the table, so that nobody joins any more.</summary>
        public void End()
        {
            _ = _end.CancelAsync();
            foreach (var waiter in Waiters)
            {
                waiter.TrySetResult();
            }
        }
    }
}
