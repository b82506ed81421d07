namespace ConnectAgent.Client;

/// <summary>One state of what is watched.</summary>
/// <typeparam name="T">What is read.</typeparam>
/// <param name="Value">As it is now.</param>
/// <param name="Index">Of the state that it comes from; not a time, and it may go backwards. 0 where the agent told none.</param>
public sealed record Watched<T>(T Value, ulong Index);

/// <summary>How something is watched.</summary>
public sealed class WatchOptions
{
    /// <summary>How long the agent holds the query without a change; null: <see cref="ConnectClientOptions.WatchTime"/>.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Is told of each failure, also of a refusal (403); the watch goes on after a pause. What it throws ends the watch. Null: failures are only logged.</summary>
    public Action<ConnectException>? Failed { get; init; }
}
