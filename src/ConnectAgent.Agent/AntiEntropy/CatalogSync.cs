using System.Collections.Concurrent;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>
/// Keeps what the catalog says of the agent's own node as it is here (services AE-1). What it is known to hold is remembered per group (a service with its checks, or the
/// node), and <see cref="SyncPlan"/> says what to write: after a change of that group, and for all after a comparison.
/// </summary>
internal sealed class CatalogSync : ILocalSync, IThreadPoolWorkItem, IDisposable
{
    [Limit("sync.push", "s", "the caller is answered, and the push goes on")]
    private static readonly TimeSpan PushTime = TimeSpan.FromSeconds(3);

    private readonly LocalState _local;
    private readonly IServerClient _servers;
    private readonly SyncWriter _writer;
    private readonly SyncOptions _options;
    private readonly OwnNode _self;
    private readonly AgentIdentity _agent;
    private readonly SyncMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger<CatalogSync> _logger;
    private readonly LocalGroups _here;
    private readonly DeferredOutputs _outputs;
    private readonly IDisposable _subscription;
    private readonly ConcurrentDictionary<string, SyncGroup> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _changed = new();
    private readonly SyncGroup _node = new(string.Empty);
    private readonly TaskCompletionSource _compared = NewSignal();
    private TaskCompletionSource _lost = NewSignal();
    private CancellationToken _life;
    private volatile bool _isRunning;
    private volatile bool _isUnreachable;
    private int _isQueued;
    private long _round;
    private string? _failure;

    public CatalogSync(
        LocalState local,
        IServerClient servers,
        SyncWriter writer,
        SyncOptions options,
        OwnNode self,
        AgentIdentity agent,
        SyncMetrics metrics,
        TimeProvider clock,
        Random random,
        ILogger<CatalogSync> logger)
    {
        (_local, _servers, _writer, _options, _self, _agent) = (local, servers, writer, options, self, agent);
        (_metrics, _clock, _random, _logger) = (metrics, clock, random, logger);
        _here = new LocalGroups(local, options, self, agent, logger);
        _groups[_node.Id] = _node;
        _outputs = new DeferredOutputs(clock, id => Queue([GroupOf(local.Current, id)]));
        _subscription = local.Subscribe(Note);
    }

    /// <summary>Completes when a write finds the servers unreachable. Take it before the comparison.</summary>
    public Task Lost => Volatile.Read(ref _lost).Task;

    /// <summary>From now on changes are pushed.</summary>
    /// <param name="life">Ends with the agent.</param>
    public void Start(CancellationToken life) => (_life, _isRunning) = (life, true);

    /// <inheritdoc/>
    public async Task PushAsync(IReadOnlyCollection<string> serviceIds, IReadOnlyCollection<string> checkIds, CancellationToken cancellationToken)
    {
        if (!_isRunning || _isUnreachable)
        {
            return;
        }

        var view = _local.Current;
        HashSet<string> groups = [.. serviceIds, .. checkIds.Select(id => GroupOf(view, id))];
        try
        {
            await PushAsync(groups).WaitAsync(PushTime, _clock, cancellationToken);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // It goes on by itself.
        }
    }

    /// <summary>Reads what the catalog holds and brings it to what is here (AE-1, AE-2).</summary>
    /// <returns>Whether servers answered; what they refuse is no reason to come back sooner.</returns>
    public async Task<bool> CompareAsync(CancellationToken cancellationToken)
    {
        var round = Interlocked.Increment(ref _round);
        try
        {
            Learn(await CatalogHoldings.ReadAsync(_servers, _self.Current, _agent.AgentToken, cancellationToken), round);
        }
        catch (ServerException error)
        {
            _metrics.Compared(isGood: false);
            Report(error.Message);
            if (error.Kind is FailureKind.Unreachable or FailureKind.RateLimited or FailureKind.Unsupported)
            {
                _isUnreachable = true;
                return error.Kind == FailureKind.Unsupported;
            }

            // Who may not compare may still write.
            await WriteAllAsync();
            return true;
        }

        _metrics.Compared(isGood: true);
        Report(null);
        await WriteAllAsync();
        return !_isUnreachable;
    }

    /// <summary>Tells the servers that the agent stops, as far as they listen (AE-6).</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        if (!_options.IsRemote || _isUnreachable || !_node.Known.Checks.ContainsKey(OwnCheck.Id))
        {
            return;
        }

        try
        {
            var registration = new CatalogRegistration(_self.Current) { SkipNodeUpdate = true, Checks = [OwnCheck.Of(_self.Current, isAlive: false)] };
            await _servers.RegisterAsync(registration, _agent.AgentToken, cancellationToken);
        }
        catch (Exception error) when (error is ServerException or OperationCanceledException)
        {
            _logger.GoodbyeFailed(error.Message);
        }
    }

    public void Dispose()
    {
        _subscription.Dispose();
        _outputs.Dispose();
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _isQueued, 0);
        HashSet<string> groups = new(StringComparer.Ordinal);
        while (_changed.TryDequeue(out var id))
        {
            groups.Add(id);
        }

        if (_isRunning && !_isUnreachable)
        {
            _ = PushAsync(groups);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A check that is no longer here belongs to the group that it was written with.
    private string GroupOf(LocalView view, string checkId) =>
        view.Check(checkId)?.Registered.ServiceId
        ?? _groups.Values.FirstOrDefault(group => group.Known.Checks.ContainsKey(checkId))?.Id
        ?? _node.Id;

    // Called under the lock of the local state.
    private void Note(LocalChange change)
    {
        if (_isRunning)
        {
            foreach (var gone in change.Checks.Where(id => change.Now.Check(id) is null))
            {
                _outputs.Forget(gone);
            }

            if (change.IsPushed)
            {
                return;
            }

            Queue([.. change.Services, .. change.Checks.SelectMany(id => new[] { change.Before.Check(id), change.Now.Check(id) })
                .OfType<LocalCheck>().Select(static check => check.Registered.ServiceId)]);
        }
    }

    private void Queue(IEnumerable<string> groups)
    {
        foreach (var id in groups)
        {
            _changed.Enqueue(id);
        }

        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task PushAsync(IReadOnlyCollection<string> groups)
    {
        // Before it, nobody knows what tags the catalog has changed.
        await _compared.Task.WaitAsync(_life).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(groups.Select(TurnAsync));
    }

    private async Task WriteAllAsync()
    {
        _isUnreachable = false;
        _compared.TrySetResult();
        await Task.WhenAll(_groups.Keys.Concat(_local.Current.Services.Keys).Distinct(StringComparer.Ordinal).ToList().Select(TurnAsync));
    }

    private Task TurnAsync(string id)
    {
        while (true)
        {
            var group = _groups.GetOrAdd(id, static id => new SyncGroup(id));
            if (group.TryRun(TurnAsync, out var turn))
            {
                return turn;
            }

            Forget(group);
        }
    }

    private void Forget(SyncGroup group) => _groups.TryRemove(KeyValuePair.Create(group.Id, group));

    private void Learn(CatalogHoldings holdings, long round)
    {
        var view = _local.Current;
        foreach (var id in _groups.Keys.Concat(holdings.Groups).Concat(view.Services.Keys).Distinct(StringComparer.Ordinal).ToList())
        {
            var read = holdings.Of(id);
            if (_here.IsServers(view, id))
            {
                read = read with { Service = null };
            }

            if (_groups.GetOrAdd(id, static id => new SyncGroup(id)).TryLearn(read, round, out var before)
                && read.Service is { } service
                && view.Service(id) is { } own
                && SyncPlan.TagsToTake(own.Visible, before.Service, service) is { } tags
                && _local.UseCatalogTags(id, tags))
            {
                _logger.TagsTaken(id);
            }
        }
    }

    /// <summary>One turn of a group: what is here and what the catalog is known to hold, as they are now.</summary>
    private async Task TurnAsync(SyncGroup group)
    {
        try
        {
            if (_options.IsRemote && group.Id.Length > 0 && _node.Known.Node is null)
            {
                // A service would bring its node along, without all that belongs to it.
                await TurnAsync(_node.Id);
            }

            if (!_life.IsCancellationRequested && !_isUnreachable)
            {
                await WriteAsync(group);
            }
        }
        catch (OperationCanceledException) when (_life.IsCancellationRequested)
        {
            // The agent stops.
        }
        catch (Exception error)
        {
            // A bug with one service must not stop the others, and must be heard.
            _logger.WriteBroke(error, group.Id);
        }
    }

    private async Task WriteAsync(SyncGroup group)
    {
        var here = _here.Of(group, isNode: group == _node);
        group.Share(group.Known.Sharing(here));
        var plan = SyncPlan.Of(here, group.Known, id => _options.CheckUpdateInterval <= TimeSpan.Zero || _outputs.IsDue(id));
        foreach (var id in plan.Deferred)
        {
            _outputs.Add(id, SyncPace.OutputOf(_options.CheckUpdateInterval, _random.NextDouble()));
        }

        var failed = false;
        foreach (var step in plan.Steps)
        {
            var result = await _writer.RunAsync(step, _agent.AgentToken, group, _life);
            if (result == StepResult.Done)
            {
                group.Wrote(group.Known.After(step), Volatile.Read(ref _round));
                continue;
            }

            failed = true;
            if (result == StepResult.Unreachable)
            {
                Lose();
                break;
            }

            if (step is RegisterStep { Registration.Service: not null } && group.Known.Service is null)
            {
                // Without the service its checks are refused, too.
                break;
            }
        }

        End(group, here, failed);
    }

    private void End(SyncGroup group, LocalGroup here, bool failed)
    {
        foreach (var (check, _) in here.Checks)
        {
            _outputs.Done(check.CheckId);
        }

        if (failed != group.IsFailing)
        {
            group.IsFailing = failed;
            _metrics.Failing(failed ? 1 : -1);
        }

        if (!failed)
        {
            group.Failure = null;
            if (group != _node && here.Service is null && group.Known.IsEmpty && group.TryRetire())
            {
                Forget(group);
            }
        }
    }

    private void Lose()
    {
        _isUnreachable = true;
        Interlocked.Exchange(ref _lost, NewSignal()).TrySetResult();
    }

    private void Report(string? failure)
    {
        var before = _failure;
        _failure = failure;
        if (failure is not null && failure != before)
        {
            _logger.ComparisonFailed(failure);
        }
        else if (failure is null && before is not null)
        {
            _logger.ComparisonRecovered();
        }
    }
}
