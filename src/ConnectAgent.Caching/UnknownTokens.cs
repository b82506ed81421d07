using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Caching;

/// <summary>
/// Which of the tokens that share a partition have read it: the first read of each is a miss (CACHE-39: whether others have read it must not show).
/// Remembers so many of them and no text of any; one that is forgotten counts as new.
/// </summary>
internal sealed class UnknownTokens
{
    [Limit("cache.unknown_tokens", "tokens", "the oldest is forgotten: its next read counts as a miss")]
    private const int Remembered = 4096;

    private readonly long[] _seen = new long[Remembered];

    /// <summary>Whether this is the first read of a request by its token, as far as it is remembered.</summary>
    public bool IsFirstRead(CacheRequest request)
    {
        var mark = ((long)request.Token.GetHashCode(StringComparison.Ordinal) << 32) | (uint)HashCode.Combine(request.Datacenter, request.Key);
        return Interlocked.Exchange(ref _seen[(uint)mark.GetHashCode() % Remembered], mark) != mark;
    }
}
