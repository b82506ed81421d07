using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Checks.Scheduling;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks;

/// <summary>A check that its owner keeps alive (services CHK-1): without an update for as long as its TTL it is critical.</summary>
internal sealed class TtlCheck : DueItem, IRunningCheck
{
    private const string Expired = "TTL expired";

    private readonly Lock _gate = new();
    private readonly string _id;
    private readonly TimeSpan _timeToLive;
    private readonly int _outputSize;
    private readonly CheckRuntime _runtime;
    private string _output = string.Empty;
    private bool _isEnded;

    public TtlCheck(string id, CheckDefinition definition, int outputSize, CheckRuntime runtime)
    {
        (_id, _timeToLive, _outputSize, _runtime) = (id, definition.Ttl.ToTimeSpan(), outputSize, runtime);
        runtime.Timer.Set(this, _timeToLive);
    }

    /// <summary>Its owner says how it is; the time to live begins anew.</summary>
    public void Update(string status, string output)
    {
        lock (_gate)
        {
            if (!_isEnded)
            {
                _output = BoundedOutput.Bound(output, _outputSize);
                _runtime.Timer.Set(this, _timeToLive);
                _runtime.Report(_id, new CheckResult(status, _output));
            }
        }
    }

    public override void Due()
    {
        lock (_gate)
        {
            // An update that came in between has set the timer again.
            if (!_isEnded && Place < 0)
            {
                _runtime.Metrics.Ran(CheckTypes.Ttl, CheckStatus.Critical);
                _runtime.Report(
                    _id, CheckResult.Critical(_output.Length > 0 ? $"{Expired} (last output before timeout follows): {_output}" : Expired));
            }
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
}
