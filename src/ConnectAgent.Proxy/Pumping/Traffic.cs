namespace ConnectAgent.Proxy.Pumping;

/// <summary>What one connection has carried, and when last.</summary>
/// <param name="clock">Of the idle time.</param>
internal sealed class Traffic(TimeProvider clock)
{
    private long _there;
    private long _back;
    private long _last = clock.GetTimestamp();

    /// <summary>Bytes from who connected.</summary>
    public long There => Interlocked.Read(ref _there);

    /// <summary>Bytes to who connected.</summary>
    public long Back => Interlocked.Read(ref _back);

    /// <summary>How long nothing has been carried.</summary>
    public TimeSpan Idle => clock.GetElapsedTime(Interlocked.Read(ref _last));

    /// <summary>Each way has one writer, so that no more than a store is needed.</summary>
    public void Carried(int bytes, bool isThere)
    {
        ref var total = ref isThere ? ref _there : ref _back;
        Volatile.Write(ref total, total + bytes);
        Volatile.Write(ref _last, clock.GetTimestamp());
    }
}
