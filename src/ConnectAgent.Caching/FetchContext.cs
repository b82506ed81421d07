namespace ConnectAgent.Caching;

/// <summary>What one fetch starts from.</summary>
/// <param name="Request">The request that made the entry.</param>
/// <param name="Value">The value held; null on the first fetch and when the refresh starts over.</param>
/// <param name="Index">The index of the value held; 0 asks for an answer at once.</param>
/// <param name="State">An object of the kind's own that lives as long as the entry.</param>
internal readonly record struct FetchContext<TRequest, TValue>(TRequest Request, TValue? Value, ulong Index, FetchState State);

/// <summary>Holds what a kind wants to remember between two fetches of one entry; only the running fetch changes it.</summary>
internal sealed class FetchState
{
    private object? _value;
    private TaskCompletionSource? _sleeper;
    private bool _isForced;
    private bool _isHurried;
    private bool _isDeferred;

    /// <summary>Whether a reader wants the running fetch to look now (see <see cref="CacheKind{TRequest, TValue}.Revalidates"/>).</summary>
    public bool IsHurried => Volatile.Read(ref _isHurried);

    public T Get<T>()
        where T : class, new() => (T)(_value ??= new T());

    /// <summary>What is there, for those who only look.</summary>
    public T? Peek<T>()
        where T : class => _value as T;

    /// <summary>What a reader in a hurry completes, at once if there is one; null for none.</summary>
    /// <param name="sleeper">Its continuations must run asynchronously.</param>
    public void SleepOn(TaskCompletionSource? sleeper)
    {
        Interlocked.Exchange(ref _sleeper, sleeper);
        if (IsHurried)
        {
            sleeper?.TrySetResult();
        }
    }

    /// <summary>A reader does not want to wait for what the fetch waits for.</summary>
    public void Hurry()
    {
        Interlocked.Exchange(ref _isHurried, true);
        Volatile.Read(ref _sleeper)?.TrySetResult();
    }

    /// <summary>A new fetch begins, which nobody hurries yet.</summary>
    public void Calm() => Volatile.Write(ref _isHurried, false);

    /// <summary>The running fetch ends without an answer: what is held stays as it is, neither confirmed nor failed, until the kind says that it is due.</summary>
    public void Defer() => _isDeferred = true;

    /// <summary>Whether the fetch that has ended said so; asked once.</summary>
    public bool TakeDeferral()
    {
        var isDeferred = _isDeferred;
        _isDeferred = false;
        return isDeferred;
    }

    /// <summary>An operator wants a new value.</summary>
    public void Force() => Volatile.Write(ref _isForced, true);

    /// <summary>Whether one is wanted; asked once.</summary>
    public bool TakeForce() => Interlocked.Exchange(ref _isForced, false);
}
