namespace ConnectAgent.ControlPlane.State;

/// <summary>The one indexed store: one writer at a time, immutable snapshots for readers, watches that wake on what a read depends on.</summary>
internal sealed class StateStore
{
    private readonly Lock _writer = new();
    private StateSnapshot _current = StateSnapshot.Empty;

    public StateSnapshot Current => Volatile.Read(ref _current);

    public StateWatches Watches { get; } = new();

    /// <summary>Runs one write. What it throws leaves nothing changed (intentions IXN-7).</summary>
    /// <param name="write">
    /// Gets the state and the index that the write will have. Returns the new state, what it touched, and the caller's answer; a null state
    /// means that nothing changes and the index is not used up.
    /// </param>
    public TResult Write<TResult>(Func<StateSnapshot, ulong, StateWrite<TResult>> write)
    {
        StateWrite<TResult> done;
        lock (_writer)
        {
            var index = _current.Index + 1;
            done = write(_current, index);
            if (done.State is null)
            {
                return done.Result;
            }

            Volatile.Write(ref _current, done.State with { Index = index });
        }

        Watches.Publish(done.Touched);
        return done.Result;
    }
}

/// <summary>The outcome of a write.</summary>
/// <param name="State">The state after it; null when nothing changes.</param>
/// <param name="Touched">What readers of it must be woken.</param>
/// <param name="Result">The caller's answer.</param>
internal readonly record struct StateWrite<TResult>(StateSnapshot? State, IReadOnlyCollection<Topic> Touched, TResult Result)
{
    public static StateWrite<TResult> Nothing(TResult result) => new(null, [], result);
}
