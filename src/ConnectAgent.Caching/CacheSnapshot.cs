using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Caching;

/// <summary>What an entry holds at one moment. Replaced whole, never edited, so readers take no lock.</summary>
/// <param name="Version">Counts the replacements.</param>
/// <param name="Value">Null until the first fetch succeeded, and after a 403 (CACHE-25).</param>
/// <param name="Index">The value's index; 0 without one.</param>
/// <param name="FetchedAt">A timestamp of the clock.</param>
/// <param name="Error">The last failure, newer than the value; a success clears it (CACHE-3).</param>
/// <param name="LostContactAt">The first failure since the last success (CACHE-26).</param>
/// <param name="WentBackAt">The version at which the index fell; who waited before it is woken whatever index it holds (CACHE-18).</param>
internal sealed record CacheSnapshot<TValue>(
    long Version,
    TValue? Value,
    ulong Index,
    long FetchedAt,
    ServerException? Error,
    long? LostContactAt,
    long WentBackAt)
    where TValue : class
{
    /// <summary>Whether the value is from the sealed file and no server has confirmed it since.</summary>
    public bool IsRestored { get; init; }

    /// <summary>Whether there is a value and nothing to be said against it: a fetch without news changes nothing.</summary>
    public bool IsConfirmed => Value is not null && Error is null && LostContactAt is null && !IsRestored;

    public static CacheSnapshot<TValue> Empty { get; } = new(0, null, 0, 0, null, null, 0);

    /// <summary>After a successful fetch (CACHE-16).</summary>
    /// <param name="read">What came; null when nothing changed.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public CacheSnapshot<TValue> Succeeded(ServerRead<TValue>? read, long now) => read is null
        ? this with { Version = Version + 1, Error = null, LostContactAt = null, IsRestored = false }
        : new(Version + 1, read.Value, read.Index, now, null, null, read.Index < Index ? Version + 1 : WentBackAt);

    /// <summary>After a failed fetch: the value stays, unless the token may not see it any more.</summary>
    public CacheSnapshot<TValue> Failed(ServerException error, long now, bool contactWasBack)
    {
        var refused = error.Kind is FailureKind.UnknownToken or FailureKind.PermissionDenied;
        return this with
        {
            Version = Version + 1,
            Value = refused ? null : Value,
            Index = refused ? 0 : Index,
            Error = error,
            LostContactAt = contactWasBack ? now : LostContactAt ?? now,
        };
    }
}
