using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Caching;

/// <summary>What came of a fetch.</summary>
/// <param name="Read">What came; null when nothing changed, or it failed.</param>
/// <param name="Error">Why it failed.</param>
internal readonly record struct FetchOutcome<TValue>(ServerRead<TValue>? Read, ServerException? Error)
    where TValue : class
{
    /// <summary>Whether nothing came to go on from: an index that is none, or no first value. No error, but to ask again at once would be a busy loop (CACHE-17).</summary>
    public bool IsFruitless { get; init; }

    public bool IsGood => Error is null && !IsFruitless;

    /// <summary>Whether the servers have another value than the one that is held, which therefore goes.</summary>
    public bool IsSuperseded { get; init; }

    /// <summary>CACHE-25; and what servers do not have they will not have while they run.</summary>
    public bool EndsRefresh => Error is { Kind: FailureKind.UnknownToken or FailureKind.Unsupported };

    /// <summary>A bug, as who waits is told of it.</summary>
    public static ServerException Bug(Exception error) => new(FailureKind.Failed, "internal error: " + error.GetType().Name, error);
}
