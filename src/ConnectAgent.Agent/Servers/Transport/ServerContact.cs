namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>
/// Tells who waits out a back-off that servers are there again, and who told them something that they may have lost it. Without it each entry would find out by itself, up to two minutes later (agent-cache CACHE-22),
/// and decide by old intentions until then. Servers that never fail never tell.
/// </summary>
internal sealed class ServerContact
{
    private TaskCompletionSource _back = NewSignal();
    private TaskCompletionSource _restored = NewSignal();

    /// <summary>Completes when servers are there again. Take it before the call that may fail, or a return between the two is missed.</summary>
    public Task Back => Volatile.Read(ref _back).Task;

    public void IsBack() => Interlocked.Exchange(ref _back, NewSignal()).TrySetResult();

    /// <summary>
    /// Completes when servers have another state than they had: an older snapshot was restored, for instance. What they were told since may be lost. Take it
    /// before the call whose answer may be of the old state.
    /// </summary>
    public Task Restored => Volatile.Read(ref _restored).Task;

    public void IsRestored() => Interlocked.Exchange(ref _restored, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
