using System.Collections.Concurrent;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>The healthy instances of upstreams: one watch for each upstream that was ever connected to, so that a connection costs no request and needs no reachable agent.</summary>
internal sealed class UpstreamDirectory(IdentityFeed feed)
{
    private readonly ConcurrentDictionary<(string, string?), Lazy<UpstreamFeed>> _feeds = new();

    /// <summary>The instances in the order in which they are to be tried: the next one first, those that have just failed last.</summary>
    /// <exception cref="ConnectException">They are not known, or there are none.</exception>
    public Task<IReadOnlyList<UpstreamInstance>> ResolveAsync(string service, string? datacenter, CancellationToken cancellationToken) =>
        _feeds.GetOrAdd((service, datacenter), key => new(() => new UpstreamFeed(feed, key.Item1, key.Item2))).Value.ResolveAsync(cancellationToken);

    public Task StopAsync() => Task.WhenAll(_feeds.Values.Select(static upstream => upstream.Value.Running));

    internal static Func<ApiRequest> Query(string service, string? datacenter) =>
        () => ApiRequest.Get("/v1/health/connect/" + ApiRequest.Escape(service)).With("passing", "1").With("cached", string.Empty).With("dc", datacenter);
}

/// <summary>The healthy instances of one upstream.</summary>
internal sealed class UpstreamFeed
{
    private readonly IdentityFeed _feed;
    private readonly string _service;
    private TaskCompletionSource<IReadOnlyList<UpstreamInstance>> _known = NewSignal();
    private int _turn = Random.Shared.Next();

    public UpstreamFeed(IdentityFeed feed, string service, string? datacenter)
    {
        (_feed, _service) = (feed, service);
        Running = RunAsync(UpstreamDirectory.Query(service, datacenter));
    }

    public Task Running { get; }

    public async Task<IReadOnlyList<UpstreamInstance>> ResolveAsync(CancellationToken cancellationToken)
    {
        var known = await Volatile.Read(ref _known).Task.WaitAsync(cancellationToken);
        if (known.Count == 0)
        {
            throw new ConnectException($"no healthy instances found of {_service}");
        }

        var first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)known.Count);
        return first == 0 ? known : [.. known.Skip(first), .. known.Take(first)];
    }

    private static TaskCompletionSource<IReadOnlyList<UpstreamInstance>> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync(Func<ApiRequest> query)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var answers = _feed.Client.Transport.WatchAsync(query, ApiJson.Default.IReadOnlyListHealthEntry, new WatchOptions { Failed = Failed }, _feed.Stopped);
            await foreach (var answer in answers)
            {
                Take([.. answer.Value.Select(UpstreamInstance.Of)]);
            }
        }
        catch (OperationCanceledException) when (_feed.Stopped.IsCancellationRequested)
        {
            Volatile.Read(ref _known).TrySetException(new ConnectException("the identity was given back"));
        }
    }

    private void Take(IReadOnlyList<UpstreamInstance> instances)
    {
        if (!_known.TrySetResult(instances))
        {
            var next = NewSignal();
            next.SetResult(instances);
            Volatile.Write(ref _known, next);
        }
    }

    // What is known stays; those who wait for the first answer are told, and the next ones wait for the next try.
    private void Failed(ConnectException error)
    {
        if (!_known.Task.IsCompleted)
        {
            Interlocked.Exchange(ref _known, NewSignal()).TrySetException(error);
        }
    }
}
