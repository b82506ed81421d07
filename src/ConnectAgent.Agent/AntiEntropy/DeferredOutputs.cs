using ConnectAgent.Agent.Checks.Scheduling;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>The checks whose output alone has changed, until it is written (services CHK-9).</summary>
/// <param name="due">Told of one whose time has come; returns at once.</param>
internal sealed class DeferredOutputs(TimeProvider clock, Action<string> due) : IDisposable
{
    private readonly DueTimer _timer = new(clock);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Output> _outputs = new(StringComparer.Ordinal);

    /// <summary>Defers one, unless it is deferred already.</summary>
    public void Add(string checkId, TimeSpan after)
    {
        lock (_gate)
        {
            if (!_outputs.ContainsKey(checkId))
            {
                var output = _outputs[checkId] = new Output(this, checkId);
                _timer.Set(output, after);
            }
        }
    }

    /// <summary>Whether its time has come.</summary>
    public bool IsDue(string checkId)
    {
        lock (_gate)
        {
            return _outputs.GetValueOrDefault(checkId) is { IsDue: true };
        }
    }

    /// <summary>It was written, or there is nothing to write any more.</summary>
    public void Done(string checkId)
    {
        lock (_gate)
        {
            // One whose time has not come goes on waiting: the next output waits for the rest of it.
            if (_outputs.GetValueOrDefault(checkId) is { IsDue: true })
            {
                _outputs.Remove(checkId);
            }
        }
    }

    /// <summary>The check is gone.</summary>
    public void Forget(string checkId)
    {
        lock (_gate)
        {
            if (_outputs.Remove(checkId, out var output))
            {
                _timer.Remove(output);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Due(Output output)
    {
        lock (_gate)
        {
            output.IsDue = true;
        }

        due(output.CheckId);
    }

    private sealed class Output(DeferredOutputs outputs, string checkId) : DueItem
    {
        public string CheckId => checkId;

        public bool IsDue { get; set; }

        public override void Due() => outputs.Due(this);
    }
}
