namespace ConnectAgent.Agent.Checks.Scheduling;

/// <summary>Places for what runs at once; who finds none waits in line, and has the next one that is free.</summary>
/// <param name="most">How many there are.</param>
internal sealed class RunPlaces(int most)
{
    private readonly Lock _gate = new();
    private readonly Queue<IPlacedRun> _waiting = [];
    private TaskCompletionSource? _idle;
    private int _running;

    public int Running => Volatile.Read(ref _running);

    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Runs it, now or later.</summary>
    public void Enter(IPlacedRun run)
    {
        lock (_gate)
        {
            if (_running == most)
            {
                _waiting.Enqueue(run);
                return;
            }

            _running++;
        }

        _ = RunAsync(run);
    }

    /// <summary>Completes when nothing runs.</summary>
    public Task IdleAsync()
    {
        lock (_gate)
        {
            _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_running == 0)
            {
                _idle.SetResult();
            }

            return _idle.Task;
        }
    }

    private async Task RunAsync(IPlacedRun? run)
    {
        while (run is not null)
        {
            await run.RunAsync();
            run = Next();
        }
    }

    private IPlacedRun? Next()
    {
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out var next) && --_running == 0)
            {
                _idle?.TrySetResult();
            }

            return next;
        }
    }
}
