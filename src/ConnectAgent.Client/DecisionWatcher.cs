using System.Collections.Concurrent;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>
/// Asks again about the peers of open connections when intentions, revocations or roots have changed. The agent's own cached intentions are watched, because authorize decides by
/// those. What cannot be watched (a token's rights at an agent of Consul's, its default policy) is found out by asking again now and then.
/// </summary>
internal sealed class DecisionWatcher(IdentityFeed feed)
{
    private const int AtOnce = 32;
    private static readonly TimeSpan Unwatched = TimeSpan.FromSeconds(30);

    // An agent may see a change in its watch a moment before it decides by it.
    private static readonly TimeSpan[] Settling = [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300)];

    private readonly ConcurrentDictionary<(string, string, string), DecisionGroup> _groups = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private Task? _running;

    public async Task<DecisionWatch> WatchAsync(PeerIdentity peer, CancellationToken cancellationToken)
    {
        // First in the group, then the question: a change between the two is not missed.
        var group = Join(peer);
        try
        {
            var decision = await feed.Client.Connect.AuthorizeAsync(feed.Service, peer.Uri, peer.SerialNumber, cancellationToken);
            if (decision.Authorized)
            {
                return new DecisionWatch(decision, group);
            }

            await ApplyAsync(group, decision);
            return new DecisionWatch(decision, null);
        }
        catch
        {
            group.Leave();
            throw;
        }
    }

    public async Task StopAsync()
    {
        if (_running is { } running)
        {
            await running;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DecisionGroup Join(PeerIdentity peer)
    {
        lock (_gate)
        {
            _running ??= RunAsync();
        }

        while (true)
        {
            var group = _groups.GetOrAdd(DecisionGroup.KeyOf(peer), _ => new DecisionGroup(peer, Forget));
            if (group.TryJoin())
            {
                return group;
            }

            Forget(group);
        }
    }

    private void Forget(DecisionGroup group) => _groups.TryRemove(new(DecisionGroup.KeyOf(group.Peer), group));

    private void Changed() => Volatile.Read(ref _changed).TrySetResult();

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Task.WhenAll(WatchIntentionsAsync(), WatchRevocationsAsync(), WatchCredentialAsync(), DecideAsync());
        }
        catch (OperationCanceledException) when (feed.Stopped.IsCancellationRequested)
        {
        }
    }

    private async Task WatchIntentionsAsync()
    {
        var answers = feed.Client.Transport.WatchAsync(
            () => ApiRequest.Get("/v1/connect/intentions/match").With("by", "destination").With("name", feed.Service).With("cached", string.Empty),
            ApiJson.Default.JsonElement,
            new WatchOptions { Failed = Refused },
            feed.Stopped);
        await foreach (var _ in answers)
        {
            Changed();
        }
    }

    private async Task WatchRevocationsAsync()
    {
        try
        {
            var answers = feed.Client.Transport.WatchAsync(
                static () => ApiRequest.Get(ConnectOperations.RevokedPath),
                ApiJson.Default.JsonElement,
                new WatchOptions { Failed = static error => _ = error.Status is 404 or 501 ? throw error : false },
                feed.Stopped);
            await foreach (var _ in answers)
            {
                Changed();
            }
        }
        catch (ConnectException)
        {
            // An agent of Consul's has no revocations.
        }
    }

    private async Task WatchCredentialAsync()
    {
        for (var seen = feed.Current; ; seen = feed.Current)
        {
            await feed.ChangedAsync(seen, feed.Stopped);
            Changed();
        }
    }

    // A token that is gone or has lost its right is told as a refusal; an agent that is unreachable says nothing about peers.
    private void Refused(ConnectException error)
    {
        if (IsRefusal(error))
        {
            Changed();
        }
    }

    private static bool IsRefusal(ConnectException error) => error.Status is 401 or 403;

    private async Task DecideAsync()
    {
        while (true)
        {
            var isChanged = await ChangeAsync(Unwatched);
            await DecideAllAsync();
            foreach (var pause in isChanged ? Settling : [])
            {
                if (!await ChangeAsync(pause, isPeek: true))
                {
                    await DecideAllAsync();
                }
            }
        }
    }

    /// <summary>Waits for a change, at most so long.</summary>
    private async Task<bool> ChangeAsync(TimeSpan longest, bool isPeek = false)
    {
        try
        {
            await Volatile.Read(ref _changed).Task.WaitAsync(longest, feed.Clock, feed.Stopped);
            if (!isPeek)
            {
                Volatile.Write(ref _changed, NewSignal());
            }

            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private Task DecideAllAsync() => Parallel.ForEachAsync(
        _groups.Values, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = feed.Stopped }, DecideAsync);

    private async ValueTask DecideAsync(DecisionGroup group, CancellationToken cancellationToken)
    {
        var peer = group.Peer;
        try
        {
            var decision = PeerCertificate.IsStillTrusted(peer, feed.Current.Trust)
                ? await feed.Client.Connect.AuthorizeAsync(feed.Service, peer.Uri, peer.SerialNumber, cancellationToken)
                : new Decision(false, "the peer's certificate does not lead to a current root any more");
            await ApplyAsync(group, decision);
        }
        catch (ConnectException error)
        {
            // What was decided stays while no agent says otherwise.
            if (IsRefusal(error))
            {
                await ApplyAsync(group, new Decision(false, error.Message));
            }
        }
    }

    private async Task ApplyAsync(DecisionGroup group, Decision decision)
    {
        if (decision.Authorized)
        {
            return;
        }

        feed.Logger.PeerDenied(group.Peer.Uri, decision.Reason);
        try
        {
            await group.DenyAsync(decision);
        }
        catch (AggregateException error)
        {
            // One who cannot close his connection must not keep those of others open.
            feed.Logger.CloseFailed(group.Peer.Uri, error);
        }
    }
}
