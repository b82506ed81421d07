namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>
/// The writes of one group: one at a time, and each looks at what is here when its turn comes. So a later state is never overtaken by an earlier one, and any number of
/// changes meanwhile make one more turn.
/// </summary>
/// <param name="id">The service's; empty for the node.</param>
internal sealed class SyncGroup(string id)
{
    private readonly Lock _gate = new();
    private KnownGroup _known = KnownGroup.Nothing;
    private Task? _current;
    private Task? _next;
    private long _touched;
    private bool _isRetired;

    public string Id => id;

    /// <summary>What the catalog is known to hold.</summary>
    public KnownGroup Known => Volatile.Read(ref _known);

    /// <summary>What its service was written under last; null before. Never shown or logged.</summary>
    public string? Token { get; set; }

    /// <summary>What the last failure said, while it lasts; so that each is logged once.</summary>
    public string? Failure { get; set; }

    /// <summary>Whether its last turn failed.</summary>
    public bool IsFailing { get; set; }

    /// <summary>Has a turn begin, or joins one that has not begun yet.</summary>
    /// <param name="turn">Must not throw.</param>
    /// <param name="running">Completes with a turn that began after this call.</param>
    /// <returns>False: this one is retired, and another must be made in its place.</returns>
    public bool TryRun(Func<SyncGroup, Task> turn, out Task running)
    {
        TaskCompletionSource begun;
        lock (_gate)
        {
            if (_isRetired)
            {
                running = Task.CompletedTask;
                return false;
            }

            if (_next is null && _current is { } current)
            {
                _next = FollowAsync(current, turn);
            }

            if (_next is not null)
            {
                running = _next;
                return true;
            }

            // Marked as busy before the turn runs: its first part runs here, and must not run under the lock.
            begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _current = begun.Task;
        }

        running = BeginAsync(turn, begun);
        return true;
    }

    /// <summary>Ends it, for there is nothing here and nothing there.</summary>
    /// <returns>False when another turn is waiting.</returns>
    public bool TryRetire()
    {
        lock (_gate)
        {
            return _isRetired = _next is null;
        }
    }

    /// <summary>The catalog holds this now, because it was written.</summary>
    /// <param name="round">The comparison that was the last to begin.</param>
    public void Wrote(KnownGroup known, long round)
    {
        lock (_gate)
        {
            (_known, _touched) = (known, round);
        }
    }

    /// <summary>The same, held in another way.</summary>
    public void Share(KnownGroup known) => Volatile.Write(ref _known, known);

    /// <summary>The catalog was read. A write that is on its way, or was done since the read began, knows better.</summary>
    /// <param name="read">What it held.</param>
    /// <param name="round">The comparison that read it.</param>
    /// <param name="before">What it was known to hold before.</param>
    /// <returns>Whether it was taken in.</returns>
    public bool TryLearn(KnownGroup read, long round, out KnownGroup before)
    {
        lock (_gate)
        {
            before = _known;
            if (_touched >= round || _current is not null)
            {
                return false;
            }

            _known = read;
            return true;
        }
    }

    private async Task BeginAsync(Func<SyncGroup, Task> turn, TaskCompletionSource begun)
    {
        await turn(this);
        lock (_gate)
        {
            // Nothing of a turn stays behind: there may be thousands of groups.
            _current = _current == begun.Task ? null : _current;
        }

        begun.SetResult();
    }

    private async Task FollowAsync(Task current, Func<SyncGroup, Task> turn)
    {
        await current;
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            (_current, _next) = (begun.Task, null);
        }

        await BeginAsync(turn, begun);
    }
}
