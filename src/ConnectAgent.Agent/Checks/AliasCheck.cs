using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Checks.Scheduling;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks;

/// <summary>
/// A check that follows those of another service of this agent, and those of the node (services CHK-6): at every change, and every minute. It leaves itself out,
/// and aliases of the node: two that follow each other would stay critical for ever.
/// </summary>
internal sealed class AliasCheck : DueItem, IRunningCheck
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly string _id;
    private readonly int _outputSize;
    private readonly LocalState _state;
    private readonly CheckRuntime _runtime;
    private bool _isEnded;

    public AliasCheck(string id, CheckDefinition definition, LocalState state, CheckRuntime runtime)
    {
        (_id, ServiceId, _outputSize, _state, _runtime) = (id, definition.AliasService, runtime.OutputSizeOf(definition), state, runtime);
        Due();
    }

    /// <summary>Whom it follows.</summary>
    public string ServiceId { get; }

    public override void Due()
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            var result = Look(_state.Current);
            _runtime.Report(_id, result with { Output = BoundedOutput.Bound(result.Output, _outputSize) });
            _runtime.Timer.Set(this, Interval);
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
            _runtime.Timer.Remove(this);
        }
    }

    private CheckResult Look(LocalView view) => view.Service(ServiceId) is null
        ? AliasRule.NotFound(ServiceId, string.Empty)
        : AliasRule.Of(view.ChecksOf(ServiceId).Where(check => check.Id != _id)
            .Concat(view.ChecksOf(string.Empty).Where(check => check.Registered.Definition is not { AliasService.Length: > 0, AliasNode.Length: 0 }))
            .Select(check => check.Health));
}
