using System.Security.Cryptography;
using ConnectAgent.Protocol.Certificates;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Client;

/// <summary>
/// Holds the credential of one service fresh for all who use it in this process: one watch of the leaf, one of the roots. What is held stays while no agent answers.
/// </summary>
#pragma warning disable CA1001 // Nothing is held by a source without a timer, and what was given back may still be asked for its token.
internal sealed class IdentityFeed
{
    private readonly ConnectClient _client;
    private readonly ConnectIdentityOptions _options;
    private readonly FallbackFile? _fallback;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private ConnectCredential? _current;
    private LeafMaterial? _leaf;
    private TrustBundle? _trust;
    private LeafCertificate? _leafAnswer;
    private CaRoots? _rootsAnswer;
    private Task? _running;
    private int _users;

    public IdentityFeed(ConnectClient client, string service, ConnectIdentityOptions options)
    {
        (_client, Service, _options) = (client, service, options);
        _fallback = options.FallbackFile is { } file ? new FallbackFile(file, options.FallbackKeyFile ?? file + ".key", service) : null;
        Decisions = new DecisionWatcher(this);
        Upstreams = new UpstreamDirectory(this);
    }

    public string Service { get; }

    public ConnectClient Client => _client;

    public TimeProvider Clock => _client.Transport.Clock;

    public ILogger Logger => _client.Transport.Logger;

    public DecisionWatcher Decisions { get; }

    public UpstreamDirectory Upstreams { get; }

    /// <summary>The last failure of a watch since it last had an answer; null while all is well.</summary>
    public ConnectException? LastError { get; private set; }

    public ConnectCredential Current => Volatile.Read(ref _current) ?? throw new InvalidOperationException("the identity was not started");

    /// <summary>Ends when nobody uses it any more.</summary>
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Counts one more user.</summary>
    /// <returns>False when the last one has left already.</returns>
    public bool TryAddUser()
    {
        lock (_gate)
        {
            if (_users < 0)
            {
                return false;
            }

            _users++;
            _running ??= RunAsync();
            return true;
        }
    }

    /// <summary>Counts one user less; with the last one the watches end.</summary>
    public async Task LeaveAsync()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }

            _users = -1;
        }

        _client.Forget(this);
        await _stop.CancelAsync();
        await _running!;
        await Decisions.StopAsync();
        await Upstreams.StopAsync();
    }

    /// <summary>Waits for the first credential.</summary>
    /// <exception cref="ConnectException">The agent refused it, or none was reached in time.</exception>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _ready.Task.WaitAsync(_options.StartTimeout, Clock, cancellationToken);
        }
        catch (TimeoutException error)
        {
            throw new ConnectException($"there is no credential of {Service} yet: {LastError?.Message ?? "no agent answered"}", 0, error);
        }
    }

    public async Task ChangedAsync(ConnectCredential seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if (Current != seen)
            {
                return;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        // Not on the caller's thread, who holds the gate.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Task.WhenAll(
                FollowAsync(_client.Connect.WatchRootsAsync(new WatchOptions { Failed = Failed }, _stop.Token), TakeRoots),
                FollowAsync(_client.Connect.WatchLeafAsync(Service, new WatchOptions { Failed = Failed }, _stop.Token), TakeLeaf));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // A fault of ours: nobody awaits this before the end, so it is told now.
            LastError = new ConnectException($"the watch of {Service} has ended: {error.Message}", 0, error);
            Logger.WatchEnded(Service, error);
            _ready.TrySetException(LastError);
        }
    }

    private static async Task FollowAsync<T>(IAsyncEnumerable<Watched<T>> answers, Action<T> take)
    {
        await foreach (var answer in answers)
        {
            take(answer.Value);
        }
    }

    private void TakeRoots(CaRoots roots) => Take(() =>
    {
        _trust = TrustBundle.Read(roots);
        _rootsAnswer = roots;
        Logger.RootsChanged(_trust.Roots.Count, _trust.TrustDomain);
    });

    private void TakeLeaf(LeafCertificate leaf) => Take(() =>
    {
        _leaf = LeafMaterial.Read(leaf);
        _leafAnswer = leaf;
        Logger.LeafChanged(Service, _leaf.SerialNumber, _leaf.ValidUntil);
    });

    private void Take(Action read)
    {
        try
        {
            lock (_gate)
            {
                read();
                LastError = null;
                Publish();
            }
        }
        catch (CryptographicException error)
        {
            LastError = new ConnectException($"the agent's answer for {Service} cannot be used: {error.Message}", 0, error);
            Logger.CredentialUnusable(Service, error.Message);
            return;
        }

        Keep();
    }

    private void Publish()
    {
        if (_leaf is not null && _trust is not null)
        {
            Volatile.Write(ref _current, new ConnectCredential(_leaf, _trust));
            Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
            _ready.TrySetResult();
        }
    }

    private void Keep()
    {
        if (_fallback is not null && _leafAnswer is { } leaf && _rootsAnswer is { } roots)
        {
            try
            {
                lock (_fallback)
                {
                    _fallback.Write(leaf, roots);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
            {
                Logger.FallbackUnusable(error.Message);
            }
        }
    }

    private void Failed(ConnectException error)
    {
        LastError = error;
        if (_ready.Task.IsCompleted)
        {
            return;
        }

        if (error.Status is >= 400 and < 500 and not 429)
        {
            // It is there and says no: waiting would not help.
            _ready.TrySetException(error);
        }
        else if (Restored())
        {
            Logger.FallbackUsed(Service);
        }
    }

    private bool Restored()
    {
        try
        {
            if (_fallback?.Read() is not { } kept)
            {
                return false;
            }

            lock (_gate)
            {
                var (leaf, trust) = (LeafMaterial.Read(kept.Leaf), TrustBundle.Read(kept.Roots));
                if (leaf.ValidUntil <= Clock.GetUtcNow())
                {
                    Logger.FallbackUnusable("its certificate has ended");
                    return false;
                }

                // What an agent has said already is newer.
                (_leaf, _trust) = (_leaf ?? leaf, _trust ?? trust);
                Publish();
                return true;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            Logger.FallbackUnusable(error.Message);
            return false;
        }
    }
}
