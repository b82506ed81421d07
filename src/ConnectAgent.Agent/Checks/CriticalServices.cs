using ConnectAgent.Agent.Checks.Scheduling;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Checks;

/// <summary>Deregisters services that have been critical for as long as one of their checks says (services CHK-7). Looks every thirty seconds.</summary>
internal sealed class CriticalServices : DueItem, IDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(30);

    [Limit("checks.deregister_after", "s, at least", "raised to it")]
    private static readonly TimeSpan ShortestTime = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string ServiceId, long Since, TimeSpan After)> _critical = new(StringComparer.Ordinal);
    private readonly LocalRegistry _registry;
    private readonly CheckRuntime _runtime;
    private readonly CancellationTokenSource _end = new();

    public CriticalServices(LocalRegistry registry, CheckRuntime runtime) => (_registry, _runtime) = (registry, runtime);

    /// <summary>Takes note of how a check is; null when it is gone.</summary>
    public void Note(string checkId, LocalCheck? check)
    {
        lock (_gate)
        {
            if (check is { Health.Status: CheckStatus.Critical, Registered: { ServiceId.Length: > 0, Definition.DeregisterCriticalServiceAfter: var after } }
                && after > ExactDuration.Zero)
            {
                var since = _critical.TryGetValue(checkId, out var before) ? before.Since : _runtime.Clock.GetTimestamp();
                var time = after.ToTimeSpan();
                _critical[checkId] = (check.Registered.ServiceId, since, time > ShortestTime ? time : ShortestTime);
                if (Place < 0)
                {
                    _runtime.Timer.Set(this, Round);
                }
            }
            else
            {
                _critical.Remove(checkId);
            }
        }
    }

    public override void Due()
    {
        List<string> due;
        lock (_gate)
        {
            if (_critical.Count == 0)
            {
                return;
            }

            due = [.. _critical.Values.Where(check => _runtime.Clock.GetElapsedTime(check.Since) >= check.After).Select(check => check.ServiceId).Distinct()];
            _runtime.Timer.Set(this, Round);
        }

        if (due.Count > 0)
        {
            _ = DeregisterAsync(due, _end.Token);
        }
    }

    public void Dispose()
    {
        _runtime.Timer.Remove(this);
        _end.Cancel();
        _end.Dispose();
    }

    private async Task DeregisterAsync(List<string> services, CancellationToken cancellationToken)
    {
        foreach (var id in services)
        {
            try
            {
                if (await _registry.RemoveServiceAsync(id, cancellationToken))
                {
                    _runtime.Logger.CriticalDeregistered(id);
                }
            }
            catch (ServerException error)
            {
                // It is still critical in the next round.
                _runtime.Logger.NotDeregistered(id, error.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
