using ConnectAgent.State.Storage;

namespace ConnectAgent.State;

/// <summary>A write that waits for its turn in the store (<see cref="StateStore"/>), and whoever waits for its outcome.</summary>
internal abstract class PendingWrite
{
    /// <summary>Runs it, perhaps again; what it throws is kept for its caller.</summary>
    /// <returns>Whether it is to be stored.</returns>
    public abstract bool TryRun(StateWriter writer);

    /// <summary>It is on disk, or threw.</summary>
    public abstract void Complete();

    /// <summary>It could not be stored.</summary>
    public abstract void Refuse(Exception error);
}

/// <inheritdoc/>
internal sealed class PendingWrite<T>(Func<StateWriter, T> write) : PendingWrite
{
    private readonly TaskCompletionSource<T> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _error;

    public Task<T> Outcome => _outcome.Task;

    public override bool TryRun(StateWriter writer)
    {
        _error = null;
        try
        {
            _result = write(writer);
            writer.Encode();
            return true;
        }
        catch (Exception error)
        {
            // Whatever a write throws is its caller's answer; the next one runs.
            _error = error is StateStorageException storage ? StateStore.NotStored(storage) : error;
            return false;
        }
    }

    public override void Complete()
    {
        if (_error is not null)
        {
            _outcome.SetException(_error);
        }
        else
        {
            _outcome.SetResult(_result!);
        }
    }

    public override void Refuse(Exception error) => _outcome.SetException(_error ?? error);
}
