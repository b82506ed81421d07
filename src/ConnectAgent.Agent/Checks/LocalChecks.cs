using System.Threading.Channels;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Services;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Agent.Checks;

/// <summary>
/// Runs the checks that the local state holds: what comes is started, what changes is started anew, what goes is ended; and has aliases follow. It hears of
/// changes in notes, because whoever makes them holds the state's lock, and then looks at what is there: notes may be late, and none may be missed.
/// </summary>
internal sealed class LocalChecks(
    LocalState state, CriticalServices critical, CheckRuntime runtime, IServerClient servers, AgentIdentity agent) : BackgroundService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (RegisteredCheck Registered, IRunningCheck? Run)> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<AliasCheck>> _aliases = new(StringComparer.Ordinal);
    private readonly Channel<LocalChange> _changes = Channel.CreateUnbounded<LocalChange>(new UnboundedChannelOptions { SingleReader = true });
    private bool _isStopped;

    /// <summary>The owner of a TTL check says how it is (services AG-11).</summary>
    /// <returns>False when there is no such check, or it is no TTL check.</returns>
    public bool UpdateTtl(string checkId, string status, string output)
    {
        if (Follow(checkId) is not TtlCheck check)
        {
            return false;
        }

        check.Update(status, output);
        return true;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        lock (_gate)
        {
            _isStopped = true;
            foreach (var (_, run) in _running.Values)
            {
                run?.End();
            }

            _running.Clear();
        }

        // Programs are children of this process, and end before it does.
        await runtime.ScriptPlaces.IdleAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = state.Subscribe(change => _changes.Writer.TryWrite(change));
        foreach (var (id, check) in state.Current.Checks)
        {
            Follow(id);
            critical.Note(id, check);
        }

        await foreach (var change in _changes.Reader.ReadAllAsync(stoppingToken))
        {
            Take(change);
        }
    }

    private void Take(LocalChange change)
    {
        HashSet<string> services = [.. change.Services];
        foreach (var id in change.Checks)
        {
            Follow(id);
            critical.Note(id, change.Now.Check(id));
            Add(services, change.Before.Check(id));
            Add(services, change.Now.Check(id));
        }

        List<AliasCheck> aliases;
        lock (_gate)
        {
            // The checks of the node are part of every service.
            aliases = services.Contains(string.Empty)
                ? [.. _aliases.Values.SelectMany(each => each)]
                : [.. services.SelectMany(id => _aliases.GetValueOrDefault(id) ?? [])];
        }

        aliases.ForEach(alias => alias.Due());
    }

    private static void Add(HashSet<string> services, LocalCheck? check)
    {
        // An alias of the node is nothing that others follow.
        if (check is not null && (check.Registered.ServiceId.Length > 0 || check.Registered.Type != CheckTypes.Alias))
        {
            services.Add(check.Registered.ServiceId);
        }
    }

    /// <summary>Has a check run as it is registered now.</summary>
    /// <returns>What runs it; null for nothing.</returns>
    private IRunningCheck? Follow(string checkId)
    {
        lock (_gate)
        {
            var now = state.Current.Check(checkId)?.Registered;
            var (before, run) = _running.GetValueOrDefault(checkId);
            if (ReferenceEquals(before, now) || _isStopped)
            {
                return run;
            }

            run?.End();
            if (run is AliasCheck former && _aliases.TryGetValue(former.ServiceId, out var others) && others.Remove(former) && others.Count == 0)
            {
                _aliases.Remove(former.ServiceId);
            }

            if (now is null)
            {
                _running.Remove(checkId);
                return null;
            }

            run = Start(now);
            _running[checkId] = (now, run);
            return run;
        }
    }

    private IRunningCheck? Start(RegisteredCheck check)
    {
        var definition = check.Definition;
        if (runtime.Options.Refusal(definition, check.IsFromFile) is { } refusal)
        {
            runtime.Report(check.CheckId, CheckResult.Critical(refusal));
            return null;
        }

        if (check.Type != CheckTypes.Alias)
        {
            return CheckStart.Start(check.CheckId, definition, runtime);
        }

        if (definition.AliasNode.Length > 0)
        {
            return new NodeAliasCheck(check, servers, agent, runtime);
        }

        var alias = new AliasCheck(check.CheckId, definition, state, runtime);
        (_aliases.TryGetValue(alias.ServiceId, out var others) ? others : _aliases[alias.ServiceId] = []).Add(alias);
        return alias;
    }
}
