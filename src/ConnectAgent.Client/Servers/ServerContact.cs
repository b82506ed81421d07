namespace ConnectAgent.Client.Servers;

/// <summary>
/// Tells who waits out a back-off that servers are there again. Without it each entry would find out by itself, up to two minutes later (agent-cache CACHE-22),
/// and decide by old intentions until then. Servers that never fail never tell.
/// </summary>
internal sealed class ServerContact
{
    private TaskCompletionSource _back = NewSignal();

    /// <summary>Completes when servers are there again. Take it before the call that may fail, or a return between the two is missed.</summary>
    public Task Back => Volatile.Read(ref _back).Task;

    public void IsBack() => Interlocked.Exchange(ref _back, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
