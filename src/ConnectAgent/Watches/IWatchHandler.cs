namespace ConnectAgent.Watches;

/// <summary>Takes what a watch has found.</summary>
internal interface IWatchHandler : IDisposable
{
    /// <summary>Takes one change.</summary>
    Task<WatchOutcome> HandleAsync(WatchChange change, CancellationToken cancellationToken);
}

/// <summary>What a watch has found.</summary>
/// <param name="Body">As the agent answered.</param>
/// <param name="Index">Of the answer; 0 where it is held by its hash.</param>
/// <param name="Hash">Of what it shows; null where it is held by its index.</param>
internal sealed record WatchChange(ReadOnlyMemory<byte> Body, ulong Index, string? Hash);

/// <summary>How a handler took a change.</summary>
/// <param name="Failure">What went wrong; null when all went well.</param>
/// <param name="Output">The beginning of what it answered. May hold what it was given.</param>
internal readonly record struct WatchOutcome(string? Failure, string Output);
