namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>
/// One call for all who ask the same at once. A call is in the table before it begins and out of it before anybody sees its end, so an end is never
/// handed to who asks later.
/// </summary>
internal sealed class SingleFlight<TKey, TValue>
    where TKey : notnull
{
    private readonly Dictionary<TKey, Task<TValue>> _flights = [];
    private readonly Lock _gate = new();

    /// <summary>Calls on their way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _flights.Count;
            }
        }
    }

    /// <summary>The call that is on its way, or a new one.</summary>
    /// <param name="key">What it asks.</param>
    /// <param name="call">Makes it; nobody's leaving ends it.</param>
    public Task<TValue> RunAsync(TKey key, Func<Task<TValue>> call)
    {
        TaskCompletionSource<TValue> flight;
        lock (_gate)
        {
            if (_flights.TryGetValue(key, out var running))
            {
                return running;
            }

            flight = new TaskCompletionSource<TValue>(TaskCreationOptions.RunContinuationsAsynchronously);
            _flights.Add(key, flight.Task);
        }

        _ = FlyAsync(key, flight, call);
        return flight.Task;
    }

    private async Task FlyAsync(TKey key, TaskCompletionSource<TValue> flight, Func<Task<TValue>> call)
    {
        try
        {
            var value = await call();
            Land(key);
            flight.SetResult(value);
        }
        catch (Exception error)
        {
            Land(key);
            flight.SetException(error);
        }
    }

    // Whoever has put it there is the only one who takes it away: while it is there nobody adds another.
    private void Land(TKey key)
    {
        lock (_gate)
        {
            _flights.Remove(key);
        }
    }
}
