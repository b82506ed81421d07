using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Checks.Scheduling;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Checks;

/// <summary>
/// A check that looks at its target again and again (services CHK-5). It sleeps in the timer, takes a place, looks, reports, and sleeps again: it never overlaps
/// itself, and while it sleeps it is nothing but an item of the timer.
/// </summary>
internal sealed class IntervalCheck : DueItem, IPlacedRun, IRunningCheck
{
    [Limit("checks.interval", "s, at least", "raised to it")]
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly string _id;
    private readonly string _type;
    private readonly ICheckProbe _probe;
    private readonly CheckRuntime _runtime;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeOut;
    private CheckThresholds _thresholds;
    private CancellationTokenSource? _run;
    private bool _isEnded;

    /// <summary>Starts at a random time within the first interval.</summary>
    public IntervalCheck(string id, CheckDefinition definition, ICheckProbe probe, TimeSpan timeOut, CheckRuntime runtime)
    {
        (_id, _type, _probe, _timeOut, _runtime) = (id, CheckTypes.Of(definition), probe, timeOut, runtime);
        _interval = definition.Interval.ToTimeSpan() is var interval && interval > ShortestInterval ? interval : ShortestInterval;
        _thresholds = new CheckThresholds(definition.SuccessBeforePassing, definition.FailuresBeforeWarning, definition.FailuresBeforeCritical);
        runtime.Timer.Set(this, _interval * runtime.Random.NextDouble());
    }

    public override void Due() => (_type == CheckTypes.Script ? _runtime.ScriptPlaces : _runtime.Places).Enter(this);

    public async Task RunAsync()
    {
        using var run = new CancellationTokenSource(_timeOut, _runtime.Clock);
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            _run = run;
        }

        var result = await LookAsync(run.Token);
        lock (_gate)
        {
            _run = null;
            if (_isEnded)
            {
                return;
            }

            _runtime.Metrics.Ran(_type, result.Status);
            if (_thresholds.StatusAfter(result.Status) is { } status)
            {
                // Under the lock: the check that comes in the place of one that has ended gets none of its results.
                _runtime.Report(_id, result with { Status = status });
            }

            _runtime.Timer.Set(this, _interval);
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
            _runtime.Timer.Remove(this);

            // Not on this thread: whoever waits for the place would start under this lock.
            _ = _run?.CancelAsync();
        }
    }

    private async ValueTask<CheckResult> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _probe.RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CheckResult.Critical($"{_probe.Subject}: timed out after {GoDuration.Format(_timeOut)}");
        }
        catch (Exception error)
        {
            // A bug here must neither end the check nor the agent.
            _runtime.Logger.CheckBroke(_id, error);
            return CheckResult.Critical($"{_probe.Subject}: {error.Message}");
        }
    }
}
