using ConnectAgent.Agent.Identity;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>
/// The services and checks of this agent as they are now: one immutable view, replaced whole. What is registered comes from the store
/// (<see cref="LocalRegistry"/> writes there); results of checks, central configuration and tags of the catalog are laid over it here, in memory.
/// </summary>
internal sealed class LocalState
{
    private readonly LocalStore _store;
    private readonly AgentIdentity _agent;
    private readonly KeptResults _results;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly StateWatches _watches = new();
    private readonly List<Action<LocalChange>> _subscribers = [];
    private Func<LocalService, NodeService> _merge = static service => service.Stored;
    private LocalView _current = LocalView.Empty;

    /// <summary>Takes in what the store has kept.</summary>
    public LocalState(LocalStore store, AgentIdentity agent, KeptResults results, TimeProvider clock, ILogger<LocalState> logger)
    {
        (_store, _agent, _results, _clock) = (store, agent, results, clock);
        var kept = store.Current;
        Refresh([.. kept.Rows(store.Tables.Services).Keys], [.. kept.Rows(store.Tables.Checks).Keys], isRestart: true);
        logger.Restored(Current.Services.Count, Current.Checks.Count);
    }

    public LocalView Current => Volatile.Read(ref _current);

    /// <summary>
    /// Begins to wait for a change of a service, whether it is there or not; its checks are no part of it (AG-6). Take the watch before the view is read, or a change between
    /// the two is missed.
    /// </summary>
    public StateWatch Watch(string serviceId) => _watches.Watch([TopicOf(serviceId)]);

    /// <summary>
    /// Has every change told, in its order, before anybody who waits for it wakes. The callback is called under a lock: it takes a note and returns.
    /// </summary>
    /// <returns>Ends it.</returns>
    public IDisposable Subscribe(Action<LocalChange> changed)
    {
        lock (_gate)
        {
            _subscribers.Add(changed);
        }

        return new Subscription(this, changed);
    }

    /// <summary>Sets the result of a check. Nothing waits for a disk: who has to, waits for <see cref="ResultsKeptAsync"/>.</summary>
    /// <returns>False when there is no such check.</returns>
    public bool UpdateCheck(string checkId, string status, string output)
    {
        lock (_gate)
        {
            if (_current.Check(checkId) is not { } check)
            {
                return false;
            }

            if (check.Registered.Definition.Ttl > ExactDuration.Zero)
            {
                _results.Note(new KeptResult(checkId, status, output, _clock.GetUtcNow()));
            }

            if (check.Health.Status != status || check.Health.Output != output)
            {
                var next = _current.ToBuilder();
                next.Put(check with { Health = check.Health with { Status = status, Output = output } });
                Replace(next.ToView(), [], [checkId]);
            }

            return true;
        }
    }

    /// <summary>Completes when the statuses that TTL checks have been given outlive a kill, or cannot be kept now.</summary>
    public Task ResultsKeptAsync() => _results.NewsAsync();

    /// <summary>Lays central configuration over all services, those to come included (services CENT-1, CENT-4).</summary>
    /// <param name="merge">Pure; gives what a service looks like. Call again when what it rests on has changed.</param>
    public void UseCentralConfiguration(Func<LocalService, NodeService> merge)
    {
        lock (_gate)
        {
            _merge = merge;
            var next = _current.ToBuilder();
            List<string> changed = [];
            foreach (var service in _current.Services.Values)
            {
                Put(next, service, changed);
            }

            Replace(next.ToView(), changed, []);
        }
    }

    /// <summary>Takes tags over that were changed in the catalog (AE-3), until the service is registered again.</summary>
    /// <returns>False when there is no such service, or it keeps its own tags.</returns>
    public bool UseCatalogTags(string serviceId, IReadOnlyList<string> tags)
    {
        lock (_gate)
        {
            if (_current.Service(serviceId) is not { Stored.EnableTagOverride: true } service)
            {
                return false;
            }

            var next = _current.ToBuilder();
            List<string> services = [], checks = [];
            Put(next, service with { CatalogTags = tags }, services);
            RenewChecks(next, serviceId, withTags: true, checks);
            Replace(next.ToView(), services, checks);
            return true;
        }
    }

    /// <summary>Takes in what the store has of these; the order in which writers come here does not matter, because all look at what is there last.</summary>
    /// <param name="isRestart">Whether nobody knows how the checks are: they are critical until they have been looked at.</param>
    /// <param name="isPushed">As <see cref="LocalChange.IsPushed"/>.</param>
    internal void Refresh(IReadOnlyCollection<string> serviceIds, IReadOnlyCollection<string> checkIds, bool isRestart = false, bool isPushed = false)
    {
        lock (_gate)
        {
            var stored = _store.Current;
            var next = _current.ToBuilder();
            List<string> services = [];
            List<string> checks = [];
            foreach (var id in serviceIds)
            {
                if (stored.Find(_store.Tables.Services, id) is { } service)
                {
                    // What is as it was keeps what was laid over it.
                    if (next.Service(id) is not { } before || !ReferenceEquals(before.Stored, service.Stored) || before.Token != service.Token)
                    {
                        Put(next, service, services);
                    }
                }
                else if (next.Service(id) is not null)
                {
                    next.RemoveService(id);
                    services.Add(id);
                }
            }

            foreach (var id in checkIds)
            {
                if (stored.Find(_store.Tables.Checks, id) is { } check)
                {
                    Put(next, check, isRestart, checks);
                }
                else if (next.Check(id) is not null)
                {
                    next.RemoveCheck(id);
                    _results.Forget(id);
                    checks.Add(id);
                }
            }

            foreach (var id in serviceIds)
            {
                RenewChecks(next, id, withTags: false, checks);
            }

            Replace(next.ToView(), services, checks, isPushed);
        }
    }

    private void Put(LocalView.Builder next, LocalService service, List<string> changed)
    {
        var visible = _merge(service);
        if (service.CatalogTags is { } tags)
        {
            visible = visible with { Tags = tags };
        }

        var before = next.Service(service.Id);
        var shown = ReferenceEquals(service.Visible, visible) ? service : service with { Visible = visible };
        if (ReferenceEquals(before, shown))
        {
            return;
        }

        next.Put(shown);
        if (before is null || !ReferenceEquals(before.Visible, visible) || before.Token != service.Token)
        {
            changed.Add(service.Id);
        }
    }

    // REG-14: a check that is there already keeps its result.
    private void Put(LocalView.Builder next, RegisteredCheck check, bool isRestart, List<string> changed)
    {
        if (next.Check(check.CheckId) is { } before)
        {
            var health = HealthOf(next, check, before.Health.Status, before.Health.Output);
            if (!ReferenceEquals(before.Registered, check) || before.Health.ServiceName != health.ServiceName
                || !before.Health.ServiceTags.SequenceEqual(health.ServiceTags, StringComparer.Ordinal))
            {
                next.Put(new LocalCheck(check, health));
                changed.Add(check.CheckId);
            }

            return;
        }

        var kept = check.Definition.Ttl > ExactDuration.Zero ? _store.Current.Find(_store.Tables.Results, check.CheckId) : null;
        var (status, output) = kept is not null && _clock.GetUtcNow() - kept.At <= check.Definition.Ttl.ToTimeSpan() ? (kept.Status, kept.Output)
            : (isRestart && !check.IsFromFile ? CheckStatus.Critical : check.Status, string.Empty);
        next.Put(new LocalCheck(check, HealthOf(next, check, status, output)));
        changed.Add(check.CheckId);
    }

    // A check shows the tags that its service had when the check was registered, as the recording agent-checks has it; the name is what rights are asked for.
    private static void RenewChecks(LocalView.Builder next, string serviceId, bool withTags, List<string> changed)
    {
        var service = next.Service(serviceId)?.Visible;
        foreach (var id in next.CheckIdsOf(serviceId).ToList())
        {
            var check = next.Check(id)!;
            if (service is not null && (check.Health.ServiceName != service.Name || (withTags && !ReferenceEquals(check.Health.ServiceTags, service.Tags))))
            {
                next.Put(check with { Health = check.Health with { ServiceName = service.Name, ServiceTags = service.Tags } });
                changed.Add(id);
            }
        }
    }

    private HealthCheck HealthOf(LocalView.Builder next, RegisteredCheck check, string status, string output) =>
        check.HealthWith(_agent.NodeName, check.ServiceId.Length > 0 ? next.Service(check.ServiceId)?.Visible : null, status, output);

    // Under the lock, so that subscribers hear of changes in their order.
    private void Replace(LocalView now, List<string> services, List<string> checks, bool isPushed = false)
    {
        if (services.Count == 0 && checks.Count == 0)
        {
            return;
        }

        var before = _current;
        Volatile.Write(ref _current, now);
        var change = new LocalChange(before, now, services, checks, isPushed);
        _subscribers.ForEach(subscriber => subscriber(change));
        _watches.Publish([.. services.Select(TopicOf)]);
    }

    private Topic TopicOf(string serviceId) => Topic.Row(_store.Tables.Services, serviceId);

    private sealed class Subscription(LocalState state, Action<LocalChange> changed) : IDisposable
    {
        public void Dispose()
        {
            lock (state._gate)
            {
                state._subscribers.Remove(changed);
            }
        }
    }
}
