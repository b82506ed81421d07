namespace ConnectAgent.Caching;

/// <summary>An index over the changes of the cache itself, so that the inspection view can block.</summary>
internal sealed class CacheChanges
{
    private long _index = 1;
    private TaskCompletionSource _next = NewSignal();

    public ulong Index => (ulong)Volatile.Read(ref _index);

    /// <summary>Completes at the next change. Take it before <see cref="Index"/>.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Publish()
    {
        Interlocked.Increment(ref _index);
        Interlocked.Exchange(ref _next, NewSignal()).TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
